// Whether the review is current depends on the day it is read. It is said before anything below is painted.
{
  const status = document.getElementById("status"), today = new Date().toISOString().slice(0, 10);
  status.textContent = today >= status.dataset.dormant ? "dormant" : today > status.dataset.due ? "overdue" : "current";
}

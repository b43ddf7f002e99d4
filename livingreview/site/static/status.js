// Whether a search is overdue depends on the day the page is read. It is said before anything below is painted.
{
  const status = document.getElementById("status"), today = new Date().toISOString().slice(0, 10);
  if (today > status.dataset.due) status.textContent = "search overdue";
  if (today >= status.dataset.dormant) status.textContent = "dormant";
}

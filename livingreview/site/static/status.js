// Whether a search is due or overdue depends on the day the page is read. It is said before anything below is painted.
{
  const status = document.getElementById("status"), today = new Date().toISOString().slice(0, 10);
  const due = new Date(Date.parse(status.dataset.due) - 30 * 86400000).toISOString().slice(0, 10);
  if (today >= due) status.textContent = status.textContent.replace("due by", "due now, by");
  if (today > status.dataset.due) status.textContent = "search overdue";
  if (today >= status.dataset.dormant) status.textContent = "dormant";
}

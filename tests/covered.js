// What is wrong with where cards stand: one that covers its number, leaves the window or is higher than it may be. Each
// number is tried at the top, in the middle or at the end of the window.
const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
const wrong = [];
for (const [i, link] of [...document.querySelectorAll(selector)].filter((link) => link.checkVisibility()).entries()) {
  link.scrollIntoView({ block: ["start", "center", "end"][i % 3], behavior: "instant" });
  link.click();
  await frames();
  const card = document.getElementById("lr-card"), box = card?.getBoundingClientRect();
  if (!card?.matches(":popover-open")) wrong.push(`${link.textContent}: closed`);
  else if (box.height > innerHeight * 0.45 + 1 || box.top < -1 || box.bottom > innerHeight + 1 || box.left < -1
    || box.right > document.documentElement.clientWidth + 1) wrong.push(`${link.textContent}: outside`);
  else if ([...link.getClientRects()].some(({ left, right, top, bottom }) =>
    left < box.right - 1 && box.left < right - 1 && top < box.bottom - 1 && box.top < bottom - 1))
    wrong.push(`${link.textContent}: covered`);
}
return wrong;

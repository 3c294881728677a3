/** Local times of day, `09:14:03.332`. The text of the last second is kept: many messages share it. */
export function timeOfDay(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    const date = new Date(ms);
    lastSecond = second;
    lastText = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.`;
  }
  return lastText + String(Math.floor(ms) - second * 1000).padStart(3, '0');
}

let lastSecond = Number.NaN;
let lastText = '';

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

const { numbers } = require("./input");

const days = numbers();
let highest = days[0];
let before = days[0];
for (const degrees of days) {
  if (degrees > before) {
    highest = degrees;
  }
  before = degrees;
}
console.log(highest);

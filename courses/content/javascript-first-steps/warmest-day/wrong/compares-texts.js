const { lines } = require("./input");

const days = lines();
let highest = days[0];
for (const degrees of days) {
  if (degrees > highest) {
    highest = degrees;
  }
}
console.log(highest);

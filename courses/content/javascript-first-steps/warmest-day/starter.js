const { numbers } = require("./input");

const days = numbers();
let highest = 0;
for (const degrees of days) {
  if (degrees > highest) {
    highest = degrees;
  }
}
console.log(highest);

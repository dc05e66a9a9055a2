const { lines } = require("./input");

let total = 0;
for (const price of lines()) {
  total = total + parseInt(price);
}
console.log("Total: " + total);

const { lines } = require("./input");

let total = "";
for (const price of lines()) {
  total = total + price;
}
console.log("Total: " + Number(total));

import "./code.css";
import "./lesson.css";
import "./steps.css";
import { render } from "preact";
import { Classroom } from "./classroom";
import { Connection } from "./components/Connection";
import { Lesson } from "./components/Lesson";
import { Stepper } from "./components/Stepper";
import { Task } from "./components/Task";
import { listenForCopies } from "./copy";
import { highlightPage } from "./highlight";
import { provide } from "./languages";
import { typeset } from "./maths";
import { element, readPage } from "./page";

const page = readPage();
// Python is here already; another language comes before the editor opens.
await provide(page.language);

const room = new Classroom(page, schedule);
const retry = () => room.reconnect();
let scheduled = false;

/** However many pieces of an answer arrive, the page is drawn once a frame. */
function schedule(): void {
  if (!scheduled) {
    scheduled = true;
    requestAnimationFrame(draw);
  }
}

function draw(): void {
  scheduled = false;
  render(<Stepper room={room} />, element("steps"));
  render(<Task room={room} />, element("task"));
  render(<Lesson room={room} />, element("app"));
  render(<Connection state={room.state} retry={retry} />, element("connection"));
}

highlightPage(element("lesson"));
void typeset(element("lesson"));
listenForCopies(document.body);
draw();
room.open();

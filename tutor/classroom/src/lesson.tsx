import "./lesson.css";
import { render } from "preact";
import { Classroom } from "./classroom";
import { Connection } from "./components/Connection";
import { Lesson } from "./components/Lesson";
import { listenForCopies } from "./copy";
import { highlightPage } from "./highlight";
import { element, readPage } from "./page";

const room = new Classroom(readPage(), schedule);
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
  render(<Lesson room={room} />, element("app"));
  render(<Connection state={room.state} retry={retry} />, element("connection"));
}

highlightPage(element("lesson"));
listenForCopies(document.body);
draw();
room.open();

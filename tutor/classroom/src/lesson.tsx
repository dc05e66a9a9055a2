import "./styles/code.css";
import "./styles/lesson.css";
import { render } from "preact";
import { Classroom } from "./classroom/classroom";
import { ConnectionStatus } from "./controls/ConnectionStatus";
import { highlightPage } from "./editor/highlight";
import { languages } from "./editor/languages";
import { LessonView } from "./lesson/LessonView";
import { Stepper } from "./lesson/Stepper";
import { Task } from "./lesson/Task";
import { enableCopyButtons } from "./page/copyButtons";
import { element, readPageData } from "./page/pageData";
import { typeset } from "./text/maths";

const page = readPageData();
// Python is here already; another language comes before the editor opens.
await languages.load(page.language);

const classroom = new Classroom(page, schedule);
const retry = () => classroom.reconnect();
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
  render(<Stepper classroom={classroom} />, element("steps"));
  render(<Task classroom={classroom} />, element("task"));
  render(<LessonView classroom={classroom} />, element("app"));
  render(<ConnectionStatus state={classroom.state} retry={retry} />, element("connection"));
}

highlightPage(element("lesson"));
void typeset(element("lesson"));
enableCopyButtons(document.body);
draw();
classroom.open();

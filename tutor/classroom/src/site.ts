import "./site.css";
import { offerThemes } from "./theme";

offerThemes();

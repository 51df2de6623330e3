/** The commands of the pages of methods and of matrix, which train for long. */

import { testPages, trainsForLong } from "../docs/page_commands.ts";

testPages(trainsForLong);

/** VideoMAE, pre-trained and fine-tuned: numbers of the official code. VideoMAE-B: tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

const cases = ["videomae/reduced", "videomae/reduced_finetuned"];

verifiesWithBlas(...cases);
verifiesWithoutBlas(...cases);
verifiesOnGpu(...cases);

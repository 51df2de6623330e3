/** I3D ResNet-50: numbers of the official codes. Whole networks are in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("i3d_resnet50/reduced_nonlocal", "i3d_resnet50/pytorchvideo_reduced");
verifiesWithoutBlas("i3d_resnet50/reduced_nonlocal", "i3d_resnet50/pytorchvideo_reduced");
verifiesOnGpu("i3d_resnet50/pytorchvideo_reduced");

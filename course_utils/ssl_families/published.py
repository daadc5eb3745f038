"""Published figures to hold a run against, each with where it was read."""

# kNN test accuracy (k = 200, the best epoch on the test images), ResNet-18 with a 3x3 stem, batch 512, 200 epochs, no blur:
# docs/source/getting_started/benchmarks.rst of github.com/lightly-ai/lightly at commit 0243660 (MIT)
CIFAR10 = {"SimCLR": 0.848, "MoCo": 0.847, "BYOL": 0.868, "DINO": 0.813, "SwAV": 0.842}

# ImageNet, 100 epochs: (backbone, kNN top-1, linear top-1, fine-tuned top-1) in percent, the same document
IMAGENET = {
    "MoCo v2": ("ResNet-50", 41.8, 61.5, 74.3),
    "BYOL": ("ResNet-50", 46.0, 62.5, 74.5),
    "SwAV": ("ResNet-50", 49.5, 67.2, 75.4),
    "DINO": ("ViT-S/16", 67.5, 73.3, 79.8),
    "MAE": ("ViT-B/16", 11.2, 46.0, 81.3),
}

"""What the SimCLR notebook imports: augmentation, encoders, training, evaluation and pictures. The loss is the student's."""

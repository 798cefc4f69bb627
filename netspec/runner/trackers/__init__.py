"""Where figures go besides the files of the run folder: TensorBoard, MLflow, Weights & Biases."""

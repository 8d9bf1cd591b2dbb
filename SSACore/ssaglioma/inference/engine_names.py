"""Names of the engines; imports nothing, so that a command line can list them."""

AUTO, ONNX_RUNTIME, OPENVINO, TORCH = ENGINE_CHOICES = ("auto", "onnxruntime", "openvino", "torch")
ENGINES = ENGINE_CHOICES[1:]

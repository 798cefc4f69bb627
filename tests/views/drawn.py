"""Specs that are drawn in tests. `HOSTILE` has names that try to be markup, script or syntax."""

from pathlib import Path

SPECS = Path(__file__).parents[2] / "specs"
SHOWN = [
    "mnist.yaml",
    *(f"networks/{name}.yaml" for name in ("unet", "gpt2", "siamese", "transformer_seq2seq")),
    *(f"torchvision/{name}.yaml" for name in ("resnet50", "swin_t", "googlenet")),
]

HOSTILE = """\
netspec: 1
name: Net
doc: "</script><script>window[1]=1</script> <img src=x onerror='window[1]=1'>"
inputs:
  x: [N, 4]
layers:
  '</script><script>window[1]=1</script>': {Linear: [4, 4]}
  '"]; click n1 call alert(1) %%': {Linear: [4, 4]}
  '<img src=x onerror=alert(1)>': {Linear: [4, 4]}
  '\\" ]; } evil [label="': {Linear: [4, 4]}
  'end': {Linear: [4, 4]}
  '&lt;b&gt; `code` #quot; \\\\n': {Linear: [4, 4]}
  ']]> <!-- --> <?xml?>': {Linear: [4, 4]}
forward:
  - '</script><script>window[1]=1</script>'
  - '"]; click n1 call alert(1) %%'
  - '<img src=x onerror=alert(1)>'
  - '\\" ]; } evil [label="'
  - 'end'
  - '&lt;b&gt; `code` #quot; \\\\n'
  - ']]> <!-- --> <?xml?>'
"""
NAMES = [line.strip()[3:-1].replace("''", "'") for line in HOSTILE.split("forward:")[1].splitlines() if line]

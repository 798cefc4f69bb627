"""The compiled network beside the hand-written one on an accelerator: same bits, same time.

Run: python benchmarks/device.py [DEVICE]. Both networks get the same weights and images; outputs and
gradients are compared bit for bit, and a training step is timed, the two sides in turn, medians.
"""

import statistics
import sys
import time
from pathlib import Path

import torch
from compile import SPEC, hand_written

import netspec

ROUNDS = 200


def step(net, images, labels, optimizer):
    optimizer.zero_grad(set_to_none=True)
    loss = torch.nn.functional.nll_loss(net(images), labels)
    loss.backward()
    optimizer.step()


def milliseconds(device, *actions):
    """The median time of each action, the actions called in turn, the device waited for."""
    times = [[] for _ in actions]
    for turn in range(ROUNDS + 20):
        for action, found in zip(actions, times, strict=True):
            torch.accelerator.synchronize()
            start = time.perf_counter()
            action()
            torch.accelerator.synchronize()
            if turn >= 20:
                found.append(1000 * (time.perf_counter() - start))
    return [statistics.median(found) for found in times]


def gradients(net, images, labels):
    torch.manual_seed(3)
    net.zero_grad()
    output = net(images)
    torch.nn.functional.nll_loss(output, labels).backward()
    return [output, *(parameter.grad for parameter in net.parameters())]


def main(device):
    torch.manual_seed(0)
    compiled = netspec.compile(SPEC, device=device)
    torch.manual_seed(0)
    with torch.device(device):
        written = hand_written()()
    same = all(torch.equal(a, b) for a, b in zip(compiled.parameters(), written.parameters(), strict=True))
    print(f"weights from one seed on {device}: {'identical' if same else 'different'}")
    images = torch.rand(256, 1, 28, 28, device=device)
    labels = torch.randint(0, 10, (256,), device=device)
    torch.backends.cudnn.deterministic = True
    pairs = zip(gradients(compiled, images, labels), gradients(written, images, labels), strict=True)
    same = all(torch.equal(a, b) for a, b in pairs)
    print(f"outputs and gradients in training mode: {'identical' if same else 'different'}")
    sides = [(net, torch.optim.SGD(net.parameters(), lr=0.01)) for net in (compiled, written)]
    a, b = milliseconds(device, *(lambda n=n, o=o: step(n, images, labels, o) for n, o in sides))
    print(f"training step, 256 images: {a:.3f} ms compiled, {b:.3f} ms hand-written, ratio {a / b:.3f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(torch.accelerator.current_accelerator()))

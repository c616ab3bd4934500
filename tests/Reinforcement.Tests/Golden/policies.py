"""What PolicyLossTests and GameTests have: losses of policies with their gradients, advantages and steps of the pole, by PyTorch 1.13 and plain numbers from the papers' equations.

    /usr/bin/python3 policies.py
"""
import math
import torch

torch.set_num_threads(1)
F = torch.nn.functional
N, A = 5, 3
OUTPUTS = 1.5 * torch.sin(torch.arange(N * (A + 1), dtype=torch.float64) * 1.1).reshape(N, A + 1)
ACTIONS = torch.tensor([0, 2, 1, 1, 0])
OLD = torch.tensor([-1.2, -0.4, -2.0, -0.9, -1.1], dtype=torch.float64)
ADVANTAGES = torch.tensor([0.5, -1.0, 2.0, 0.3, -0.7], dtype=torch.float64)
RETURNS = torch.tensor([1.0, -0.5, 0.2, 0.8, 0.0], dtype=torch.float64)


def show(name, loss, outputs):
    loss.backward()
    print(name, f"{loss.item():.9g}")
    print("   ", ", ".join(f"{number:.9g}f" for number in outputs.grad.flatten().tolist()))


def ppo(out, clip=0.2, entropy=0.01, value=0.5):
    d = torch.distributions.Categorical(logits=out[:, :A])
    a = (ADVANTAGES - ADVANTAGES.mean()) / (ADVANTAGES.std() + 1e-8)
    ratio = (d.log_prob(ACTIONS) - OLD).exp()
    policy = torch.max(-a * ratio, -a * torch.clamp(ratio, 1 - clip, 1 + clip)).mean()
    return policy - entropy * d.entropy().mean() + value * 0.5 * ((out[:, A] - RETURNS) ** 2).mean()


def reinforce(out, entropy=0.01, value=0.5):
    d = torch.distributions.Categorical(logits=out[:, :A])
    return -(d.log_prob(ACTIONS) * ADVANTAGES).mean() - entropy * d.entropy().mean() + value * 0.5 * ((out[:, A] - RETURNS) ** 2).mean()


WEIGHTS = torch.tensor([1.0, 0.5, 0.25, 0.75, 1.0], dtype=torch.float64)


def q(out):
    worth = out[:, :A].gather(1, ACTIONS[:, None])[:, 0]
    return (WEIGHTS * F.smooth_l1_loss(worth, 3 * RETURNS, reduction="none")).mean()


for name, of in (("ppo", ppo), ("reinforce", reinforce), ("q", q)):
    out = OUTPUTS.clone().requires_grad_()
    show(name, of(out), out)

# advantages: four steps of two games; the second game's episode ends with its second step
rewards = [[1.0, 0.5], [0.0, -1.0], [2.0, 1.0], [0.5, 0.25]]
values = [[0.2, 0.4], [0.1, -0.3], [0.7, 0.6], [0.9, -0.2]]
ends = [[0, 0], [0, 1], [0, 0], [0, 0]]
after, gamma, lam = [0.3, 0.8], 0.9, 0.8
advantages = torch.zeros(4, 2, dtype=torch.float64)
for game in range(2):
    last = 0.0
    for t in reversed(range(4)):
        v = after[game] if t == 3 else values[t + 1][game]
        alive = 1 - ends[t][game]
        delta = rewards[t][game] + gamma * v * alive - values[t][game]
        last = delta + gamma * lam * alive * last
        advantages[t, game] = last
print("gae", ", ".join(f"{number:.9g}f" for number in advantages.flatten().tolist()))


def pole(x, v, a, w, action):
    g, mc, mp, half, force, tau = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
    f = force if action == 1 else -force
    temp = (f + mp * half * w * w * math.sin(a)) / (mc + mp)
    turn = (g * math.sin(a) - math.cos(a) * temp) / (half * (4.0 / 3.0 - mp * math.cos(a) ** 2 / (mc + mp)))
    acc = temp - mp * half * turn * math.cos(a) / (mc + mp)
    return x + tau * v, v + tau * acc, a + tau * w, w + tau * turn


state = (0.01, -0.02, 0.03, 0.04)
for action in (1, 1, 0, 1, 0, 0):
    state = pole(*state, action)
print("pole", ", ".join(f"{number:.9g}f" for number in state))

using System.Globalization;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.GpuCheck;

/// <summary>A few steps of training on the card and on the CPU: their losses and what the weights have moved by.</summary>
internal static class TrainingSteps
{
    private const int Steps = 3;

    /// <summary>How far apart numbers may be that thousands of roundings in another order lie between.</summary>
    private const double Tolerance = 5e-3;

    public static void Compare(Device device, bool isQuick, Report report)
    {
        Network[] networks = isQuick
            ? [Network.Pictures("resnet18", batch: 2, side: 64, 1.8e9), Network.Sentences(width: 64, layers: 2, batch: 2, length: 8)]
            : [Network.Pictures("resnet18", batch: 8, side: 128, 1.8e9), Network.Sentences(width: 256, layers: 4, batch: 8, length: 64)];
        using var cpu = new CpuDevice();
        foreach (var network in networks)
        {
            var (expected, found) = (Train(network, cpu), Train(network, device));
            for (int step = 0; step < Steps; step++)
            {
                double apart = Math.Abs(found.Losses[step] - expected.Losses[step]) / Math.Abs(expected.Losses[step]);
                report.Check($"{network.Name}, loss of step {step + 1}", apart <= Tolerance, Text($"{found.Losses[step]:g6}, the CPU's {expected.Losses[step]:g6}, {apart:g2} apart"));
            }
            double moved = Math.Sqrt(expected.Moved.Sum(static change => (double)change * change));
            double difference = Math.Sqrt(expected.Moved.Zip(found.Moved).Sum(static pair => ((double)pair.First - pair.Second) * ((double)pair.First - pair.Second)));
            report.Check($"{network.Name}, weights", difference <= Tolerance * moved, Text($"moved by {moved:g4}, {difference / moved:g2} of that apart"));
        }
    }

    private static (double[] Losses, float[] Moved) Train(Network network, Device device)
    {
        using var model = network.Model();
        float[] before = Weights(model);
        var groups = new ParameterGroups(model);
        groups.Rates(1e-3);
        using var optimiser = Optimiser.Sgd(groups);
        var losses = new double[Steps];
        for (int step = 0; step < Steps; step++)
        {
            using var pass = Pass.Train(device, seed: 1);
            var loss = network.Loss(model, pass);
            optimiser.Step(pass.Backward(loss));
            losses[step] = loss.Value.ToArray()[0];
        }
        float[] after = Weights(model);
        return (losses, [.. after.Zip(before, static (now, then) => now - then)]);
    }

    private static float[] Weights(Model model) => [.. model.Parameters().SelectMany(static parameter => parameter.Value.ToArray())];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Diagnostics;
using System.Globalization;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.Aot;

/// <summary>A small learner for NativeAOT: a ResNet of the CIFAR paper learns which way drawn stripes run. What it learns depends on
/// neither the build, the machine's vectors nor the number of threads: the weights are the same bytes everywhere.</summary>
internal static class Program
{
    private const int BatchSize = 16, Side = 32, Classes = 4, Pixels = 3 * Side * Side;

    private static int Main(string[] args)
    {
        int steps = 30, threads = 0;
        string? weights = null;
        for (int at = 0; at < args.Length; at += 2)
        {
            string value = at + 1 < args.Length ? args[at + 1] : "";
            bool known = args[at] switch
            {
                "--steps" => Whole(value, 0, out steps),
                "--threads" => Whole(value, 0, out threads),
                "--weights" => (weights = value).Length > 0,
                _ => false,
            };
            if (known) continue;
            Console.Error.WriteLine($"learner: '{args[at]} {value}' is none of --steps N, --threads N, --weights FILE");
            return 2;
        }

        using var device = new CpuDevice(threads);
        Console.WriteLine($"device: {device.Name}");
        var model = ModelRegistry.Create("cifar-resnet20", Classes, seed: 1);
        if (steps > 0) Learn(model, device, steps);
        if (weights is not null) model.Save(weights);
        return 0;
    }

    private static bool Whole(string text, int least, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least;

    private static void Learn(ImageModel model, CpuDevice device, int steps)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(head: 0.05);
        using var optimiser = Optimiser.Sgd(groups, momentum: 0.9, weightDecay: 1e-4);
        var numbers = new float[BatchSize * Pixels];
        var labels = new int[BatchSize];
        var times = new double[steps];
        for (int step = 0; step < steps; step++)
        {
            Draw(step, numbers, labels);
            long started = Stopwatch.GetTimestamp();
            using var images = Tensor.From<float>([BatchSize, 3, Side, Side], numbers, device);
            using var pass = Pass.Train(device, seed: (ulong)step);
            var loss = model.Forward(pass.Constant(images)).CrossEntropy(labels);
            using (var gradients = pass.Backward(loss)) optimiser.Step(gradients);
            times[step] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (step % 10 == 0 || step == steps - 1) Print($"step {step + 1}: loss {loss.Value.ToArray()[0]:0.0000}");
        }
        Array.Sort(times, steps / 2, steps - steps / 2);       // a compiler at run time is through by then
        Print($"median of the later steps: {times[steps * 3 / 4]:0.00} ms");
    }

    /// <summary>Stripes that run along, down, and along either diagonal, with noise over them.</summary>
    private static void Draw(int step, float[] numbers, int[] labels)
    {
        new RandomStream(seed: 7, "stripes").FillNormal(numbers, mean: 0f, standardDeviation: 0.3f, step: (ulong)step);
        for (int image = 0; image < BatchSize; image++)
        {
            int label = labels[image] = (image + step) % Classes;
            var (down, across) = label switch { 0 => (1, 0), 1 => (0, 1), 2 => (1, 1), _ => (1, -1) };
            for (int at = 0; at < Pixels; at++)
            {
                int place = at % (Side * Side);
                int along = place / Side * down + place % Side * across + Side;
                numbers[image * Pixels + at] += (along + image) / 4 % 2 == 0 ? 0.5f : -0.5f;
            }
        }
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}

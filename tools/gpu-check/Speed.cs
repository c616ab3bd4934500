using System.Diagnostics;
using System.Globalization;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Tensors.Gpu;
using Graft.Transfer;

namespace Graft.GpuCheck;

/// <summary>How fast products and training steps are, as shares of the card's own peak of multiply-adds and beside a peer on the same card.</summary>
internal static class Speed
{
    public static void Measure(Device device, bool isQuick, IReadOnlyDictionary<string, double> peers, Report report)
    {
        double roof = Roof(device, isQuick ? 1 << 16 : 1 << 24);
        report.Tell(string.Create(CultureInfo.InvariantCulture, $"roof of multiply-adds: {roof / 1e12:0.00} TFLOP/s"));
        Products("");
        Attention(isQuick ? 16 : 512);
        Network[] networks = isQuick
            ? [Network.Pictures("resnet18", batch: 2, side: 32, 1.8e9)]
            : [Network.Pictures("resnet50", batch: 32, side: 224, 4.1e9), Network.Sentences(width: 768, layers: 12, batch: 8, length: 128)];
        foreach (var network in networks) Step(network, "");
        if (device is not GpuDevice card) return;
        foreach (var (precision, suffix) in new[] { (MatrixPrecision.High, " tf32"), (MatrixPrecision.Medium, " bf16") })
        {
            try
            {
                card.MatrixPrecision = precision;
            }
            catch (NotSupportedException exception)
            {
                report.Tell(exception.Message);
                return;
            }
            Products(suffix);
            foreach (var network in networks) Step(network, suffix);
            card.MatrixPrecision = MatrixPrecision.Highest;
        }

        void Products(string suffix)
        {
            foreach (var (rows, depth, columns) in isQuick ? [(128, 128, 128)] : new[] { (1024, 1024, 1024), (4096, 4096, 4096), (1024, 768, 3072), (8192, 768, 768) })
            {
                using Tensor<float> a = Filled(device, [rows, depth]), b = Filled(device, [depth, columns]), c = device.Rent<float>([rows, columns]);
                double seconds = Median(isQuick, () => device.Gemm(default(NoEpilogue), a, b, bias: null, residual: null, c), () => Wait(c));
                Tell($"gemm {rows}x{depth}x{columns}{suffix}", seconds, 2.0 * rows * depth * columns);
            }
        }

        void Attention(int tokens)
        {
            const int Sequences = 8, Heads = 12, Depth = 64;
            Shape shape = new([Sequences, Heads, tokens, Depth]);
            using Tensor<float> q = Filled(device, shape), k = Filled(device, shape), v = Filled(device, shape), y = device.Rent<float>(shape);
            double seconds = Median(isQuick, () => device.Attention(new AttentionSettings(0.125f, false, DropoutMask.None), q, k, v, null, null, null, y, null), () => Wait(y));
            Tell($"attention b{Sequences} h{Heads} t{tokens} d{Depth}", seconds, 4.0 * Sequences * Heads * tokens * tokens * Depth);
        }

        void Step(Network network, string suffix)
        {
            using var model = network.Model();
            var groups = new ParameterGroups(model);
            groups.Rates(1e-6);
            using var optimiser = Optimiser.Sgd(groups);
            double seconds = Median(
                isQuick, () =>
                {
                    using var pass = Pass.Train(device, seed: 1);
                    var loss = network.Loss(model, pass);
                    optimiser.Step(pass.Backward(loss));
                    Wait(loss.Value);
                }, static () => { });
            Tell($"train {network.Name}{suffix}", seconds, network.Operations);
        }

        void Tell(string name, double seconds, double operations) => report.Tell(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {seconds * 1e3:0.000} ms, {operations / seconds / 1e12:0.00} TFLOP/s, {operations / seconds / roof:0 %} of the roof")
            + (peers.TryGetValue(name, out double theirs) ? string.Create(CultureInfo.InvariantCulture, $", PyTorch {theirs * 1e3:0.000} ms, ratio {seconds / theirs:0.00}") : ""));
    }

    private static double Roof(Device device, int elements)
    {
        using Tensor<float> x = Filled(device, [elements]), y = device.Rent<float>([elements]);
        double seconds = Median(elements < 1 << 20, () => device.Map(default(Chain), x, y), () => Wait(y));
        return 2.0 * Chain.MultiplyAdds * elements / seconds;
    }

    /// <summary>The median of some runs after warming up, in seconds: a few at a time, so that what it takes to wait for the card is little beside them.</summary>
    private static double Median(bool isQuick, Action run, Action wait)
    {
        int together = isQuick ? 1 : 5, rounds = isQuick ? 1 : 7;
        for (int warm = 0; warm < (isQuick ? 1 : 3); warm++) run();
        wait();
        var seconds = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < together; i++) run();
            wait();
            seconds[round] = Stopwatch.GetElapsedTime(started).TotalSeconds / together;
        }
        Array.Sort(seconds);
        return seconds[rounds / 2];
    }

    /// <summary>A download waits for what was queued before it.</summary>
    private static void Wait(Tensor<float> tensor) => tensor.Device.Download(tensor.View([1], default, tensor.Offset), stackalloc float[1]);

    private static Tensor<float> Filled(Device device, Shape shape)
    {
        var numbers = new float[shape.ElementCount];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = MathF.Sin(0.7f * i);
        return Tensor.From<float>(shape, numbers, device);
    }

    /// <summary>Multiply-adds and nothing else, in eight chains that do not wait for each other.</summary>
    private readonly struct Chain : IUnaryOp
    {
        private const int Steps = 128;

        public const int MultiplyAdds = 8 * Steps;

        public static Saves Saves => Saves.Nothing;

        public S Forward<S>(S x) where S : unmanaged, ILane<S>
        {
            S factor = S.Splat(0.999f), a = x, b = x + x, c = b + x, d = c + x, e = d + x, f = e + x, g = f + x, h = g + x;
            for (int step = 0; step < Steps; step++)
            {
                a = S.FusedMultiplyAdd(a, factor, x);
                b = S.FusedMultiplyAdd(b, factor, x);
                c = S.FusedMultiplyAdd(c, factor, x);
                d = S.FusedMultiplyAdd(d, factor, x);
                e = S.FusedMultiplyAdd(e, factor, x);
                f = S.FusedMultiplyAdd(f, factor, x);
                g = S.FusedMultiplyAdd(g, factor, x);
                h = S.FusedMultiplyAdd(h, factor, x);
            }
            return a + b + (c + d) + (e + f + (g + h));
        }

        public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(0f);
    }
}

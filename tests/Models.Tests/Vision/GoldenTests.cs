using System.Globalization;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>One step of each family against torchvision's in double precision: logits, loss, every gradient and the running statistics, with
/// weights that a formula gives. <c>Golden/make.py</c> wrote the files.</summary>
public class GoldenTests
{
    private const double LogitTolerance = 1e-4;
    // one ReLU switched by a rounding moves gradients by some thousandths; a wrong constant shows in the logits
    private const double GradientTolerance = 1e-3;
    private const double StatisticTolerance = 1e-4;
    private const double LargestTolerance = 0.1;

    private static readonly string Folder = Path.Combine(RealData.Repository, "tests", "Models.Tests", "Vision", "Golden");

    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder, "*.safetensors").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_step_is_torchvisions(string name)
    {
        using var golden = Checkpoint.Open(Path.Combine(Folder, name + ".safetensors"));
        using var device = new CpuDevice(2);
        using var model = ModelRegistry.Create(name, classes: 10);
        Assert.Equal(golden.Metadata["keys"], GoldenWeights.HashOfKeys(model));
        int count = int.Parse(golden.Metadata["images"], CultureInfo.InvariantCulture);
        Assert.Equal(golden.Metadata["dropout"], Probabilities(model.Descendants().OfType<Dropout>().Select(dropout => dropout.Probability)));
        Assert.Equal(golden.Metadata["depth"], Probabilities(model.Descendants().OfType<StochasticDepth>().Select(depth => depth.Probability)));
        foreach (var dropout in model.Descendants().OfType<Dropout>()) dropout.Probability = 0;
        foreach (var depth in model.Descendants().OfType<StochasticDepth>()) depth.Probability = 0;
        var problems = new List<string>();
        foreach (string mode in (string[])["eval", "train"])
        {
            string[] how = golden.Metadata[mode].Split(' ');
            int size = int.Parse(how[0], CultureInfo.InvariantCulture);
            GoldenWeights.Fill(model, double.Parse(how[2], CultureInfo.InvariantCulture), double.Parse(how[3], CultureInfo.InvariantCulture));
            foreach (var norm in model.Descendants().OfType<BatchNorm2d>())
                norm.Policy = mode == "eval" ? BatchNormPolicy.AlwaysRunningStatistics : BatchNormPolicy.FollowFreezing;
            using var pixels = Tensor.From<float>([count, 3, size, size], GoldenWeights.Images(how[1], count, size), device);
            // where PyTorch's own single precision is off by more, so may this be
            double tolerance = Math.Max(GradientTolerance, 8 * double.Parse(how[4], CultureInfo.InvariantCulture));
            Assert.InRange(tolerance, 0, LargestTolerance);
            Step(golden, mode, model, device, pixels, GoldenWeights.Labels(count), tolerance, problems);
        }
        if (golden.TryGet("train.statistics", out var statistics)) CompareStatistics(statistics.ToSingleArray(), model, problems);
        Assert.True(problems.Count == 0, $"{name}: {problems.Count} off\n{string.Join('\n', problems.Take(20))}");
    }

    private static void Step(
        Checkpoint golden, string mode, ImageModel model, Device device, Tensor<float> pixels, int[] labels, double tolerance, List<string> problems)
    {
        using var pass = Pass.Train(device);
        var (logits, auxiliary) = mode == "train" ? model.ForwardWithAuxiliary(pass.Constant(pixels)) : (model.Forward(pass.Constant(pixels)), []);
        var loss = logits.CrossEntropy(labels);
        foreach (var head in auxiliary) loss += head.Logits.CrossEntropy(labels) * head.LossWeight;
        float[] actual = [.. auxiliary.Select(head => head.Logits).Prepend(logits).SelectMany(output => output.Value.ToArray())];
        Compare($"{mode} logits", actual, golden[$"{mode}.logits"].ToSingleArray(), problems);
        Compare($"{mode} loss", [loss.Value.ToArray()[0]], golden[$"{mode}.loss"].ToSingleArray(), problems);

        var gradients = pass.Backward(loss);
        var parameters = model.Tensors().Where(tensor => !tensor.IsBuffer && gradients.Of(tensor) is not null).OrderBy(tensor => tensor.Name, StringComparer.Ordinal).ToList();
        var expected = golden[$"{mode}.gradients"];
        Assert.Equal([parameters.Count, 6], expected.Shape.ToArray());
        float[][] rows = [.. expected.ToSingleArray().Chunk(6)];
        for (int i = 0; i < rows.Length; i++)
        {
            var parameter = parameters[i];
            double[] summary = GoldenWeights.Summary(parameter.Name, gradients.Of(parameter)!.ToArray());
            // what is nothing but roundings, the bias before a batch norm, is compared with others of its kind
            double scale = rows[i][0] + 0.02 * Median(rows.Where((_, other) => parameters[other].Shape.Rank == 1 == (parameter.Shape.Rank == 1)).Select(row => row[0]));
            double worst = summary.Zip(rows[i], (left, right) => Math.Abs(left - right)).Max() / scale;
            if (!(worst <= tolerance)) problems.Add($"{mode} gradient of {parameter.Name} {parameter.Shape}: {worst:g3} of its norm {rows[i][0]:g4}");
        }
    }

    private static void CompareStatistics(float[] expected, ImageModel model, List<string> problems)
    {
        var buffers = model.Tensors().Where(tensor => tensor.IsBuffer).OrderBy(tensor => tensor.Name, StringComparer.Ordinal).ToList();
        Assert.Equal(expected.Length, buffers.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            float[] numbers = buffers[i].Value.ToArray();
            double actual = GoldenWeights.Projections(buffers[i].Name, numbers).First, norm = Math.Sqrt(numbers.Sum(number => (double)number * number));
            if (!(Math.Abs(actual - expected[i]) <= StatisticTolerance * norm)) problems.Add($"{buffers[i].Name} after the step: {actual:g7}, not {expected[i]:g7}");
        }
    }

    private static void Compare(string what, float[] actual, float[] expected, List<string> problems)
    {
        Assert.Equal(expected.Length, actual.Length);
        double off = actual.Zip(expected, (left, right) => Math.Abs((double)left - right)).Max() / expected.Max(MathF.Abs);
        if (!(off <= LogitTolerance)) problems.Add($"{what}: {off:g3} of the largest");
    }

    private static string Probabilities(IEnumerable<float> numbers) => string.Join(' ', numbers.Select(number => number.ToString("0.00000", CultureInfo.InvariantCulture)));

    private static double Median(IEnumerable<float> numbers)
    {
        var ordered = numbers.Order().ToList();
        return ordered[ordered.Count / 2];
    }
}

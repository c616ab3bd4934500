
namespace Graft.Transfer.Tests;

/// <summary>Against NumPy and SciPy (<c>Golden/figures.py</c>).</summary>
public sealed class FiguresTests
{
    private const int Rows = 40, Classes = 4;

    private static readonly float[] LogitsOfRows = Planted(Rows, Classes, 1.7, 0.9, 0.41, 3);

    private static readonly int[] Labels =
    [
        .. Enumerable.Range(0, Rows).Select(static row =>
            row % 3 == 0 ? (7 * row + row / 3) % 4 : LogitsOfRows.AsSpan(row * Classes, Classes).ToArray().Index().MaxBy(static one => one.Item).Index),
    ];

    [Fact]
    public void Alignment_is_NumPys()
    {
        float[] x = Planted(12, 5, 0.9, 0.7, 0.31), y = Planted(12, 3, 0.5, 1.1, 0.23);
        float[] mixed = [.. Enumerable.Range(0, 12).SelectMany(row => (float[])[x[row * 5] * 2 + 1, x[row * 5 + 1] * 2 + 1, y[row * 3], y[row * 3 + 1], y[row * 3 + 2]])];
        Assert.Equal(0.32666055732935495, CentredKernelAlignment.Linear(x, y, 12), 1e-6);
        Assert.Equal(0.6181345374061483, CentredKernelAlignment.Linear(x, mixed, 12), 1e-6);
        Assert.Equal(0.07037632705997214, CentredKernelAlignment.Unbiased(x, y, 12), 1e-6);
        Assert.Equal(0.49116024394178537, CentredKernelAlignment.Unbiased(x, mixed, 12), 1e-6);
        var batched = new BatchedKernelAlignment();
        Assert.True(double.IsNaN(batched.Value));
        batched.Add(x.AsSpan(0, 30), mixed.AsSpan(0, 30), 6);
        batched.Add(x.AsSpan(30), mixed.AsSpan(30), 6);
        Assert.Equal(0.6370489818336559, batched.Value, 1e-6);
        Assert.Equal(2, batched.Batches);
    }

    [Fact]
    public void Alignment_does_not_change_by_rotation_scale_and_shift()
    {
        float[] x = Planted(12, 2, 0.9, 0.7, 0.31);
        var (sine, cosine) = Math.SinCos(0.7);
        float[] turned =
        [
            .. Enumerable.Range(0, 12).SelectMany(row =>
                (float[])[(float)(3 * (cosine * x[2 * row] - sine * x[2 * row + 1]) + 5), (float)(3 * (sine * x[2 * row] + cosine * x[2 * row + 1]) - 2)]),
        ];
        Assert.Equal(1, CentredKernelAlignment.Linear(x, turned, 12), 1e-5);
        Assert.Equal(1, CentredKernelAlignment.Unbiased(x, turned, 12), 1e-5);
        Assert.True(double.IsNaN(CentredKernelAlignment.Linear(new float[12], x, 12)));
        Assert.Throws<ArgumentException>(() => CentredKernelAlignment.Linear(x, x, 7));
        Assert.Throws<ArgumentException>(() => CentredKernelAlignment.Unbiased(x.AsSpan(0, 6), x.AsSpan(0, 6), 3));
    }

    [Theory]
    [InlineData(1.0, 0.24576933620520647, 0.6966998489079536, 1.5201067087635156)]
    [InlineData(1.8, 0.2859150146408693, 0.7158780842047407, 1.2386556113210336)]
    public void Calibration_is_NumPys(double temperature, double expected, double largest, double loss)
    {
        var calibration = Calibration.Of(LogitsOfRows, Labels, temperature);
        Assert.Equal(expected, calibration.ExpectedError, 1e-5);
        Assert.Equal(largest, calibration.LargestError, 1e-5);
        Assert.Equal(loss, calibration.Loss, 1e-5);
        Assert.Equal(Rows, calibration.Bins.Sum(static bin => bin.Count));
        Assert.Equal(28, calibration.Bins.Where(static bin => bin.Count > 0).Sum(static bin => bin.Accuracy * bin.Count), 1e-9);
        Assert.Equal(Calibration.UsualBins, calibration.Bins.Count);
    }

    [Fact]
    public void A_bin_holds_its_upper_end()
    {
        var calibration = Calibration.Of([0.5, 0.50001, 1, 0], [true, false, true, false], bins: 2);
        Assert.Equal([2, 2], calibration.Bins.Select(static bin => bin.Count));
        Assert.Equal(0.25, calibration.Bins[0].Confidence);
        Assert.True(double.IsNaN(calibration.Loss));
    }

    [Fact]
    public void Temperature_is_SciPys_and_stays_in_its_bounds()
    {
        var fit = TemperatureScaling.Fit(LogitsOfRows, Labels);
        Assert.Equal(2.809172331615505, fit.Temperature, 1e-4);
        Assert.Equal(1.1962552873656227, fit.LossAfter, 1e-5);
        Assert.Equal(1.5201067087635156, fit.LossBefore, 1e-5);
        Assert.InRange(fit.Steps, 1, 30);
        Assert.Equal(0.01, TemperatureScaling.Fit([2, -2, -1, 3], [0, 1]).Temperature, 0.001);
        Assert.Equal(100, TemperatureScaling.Fit([2, -2, -1, 3], [1, 0]).Temperature, 0.1);
        Assert.Throws<ArgumentException>(() => TemperatureScaling.Fit([1, 2, 3], [0, 1]));
        Assert.Throws<ArgumentException>(() => TemperatureScaling.Fit([1, 2], [2]));
    }

    [Fact]
    public void Confusion_counts_who_was_taken_for_whom()
    {
        var matrix = ConfusionMatrix.Of([0, 0, 1, 1, 2], [0, 1, 1, 1, 0], 3);
        Assert.Equal((1, 1, 2, 1, 0), (matrix[0, 0], matrix[0, 1], matrix[1, 1], matrix[2, 0], matrix[2, 2]));
        Assert.Equal((0.6, 0.5, 2 / 3.0, 5), (matrix.Accuracy, matrix.Recall(0), matrix.Precision(1), matrix.Examples));
        Assert.True(double.IsNaN(matrix.Precision(2)));
        Assert.Throws<ArgumentException>(() => ConfusionMatrix.Of([0], [3], 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix[0, 3]);
    }

    [Fact]
    public void Movement_is_the_way_relative_to_the_start_stage_by_stage()
    {
        Assert.Equal(0.5, StageMovement.Relative([3, 4], [3, 6.5f]), 1e-9);
        using SmallModel before = new(), after = new();
        after.CopyWeightsFrom(before);
        Assert.All(StageMovement.Between(before, after), static stage => Assert.Equal(0, stage.Distance));
        after.ChangeWeights(() =>
        {
            foreach (var parameter in after.Parameters().Where(static one => one.Name.StartsWith("conv2", StringComparison.Ordinal)))
                parameter.Value.CopyFrom([.. parameter.Value.ToArray().Select(static value => 3 * value)]);
        });
        var movement = StageMovement.Between(before, after);
        Assert.Equal(["stem", "middle", "head"], movement.Select(static stage => stage.Stage));
        Assert.Equal((0, 0), (movement[0].Distance, movement[2].Distance));
        // beside the convolution the stage has a norm, whose ones count in the length of the start
        Assert.InRange(movement[1].Distance, 0.2, 2);
        Assert.Equal(10, movement[2].Parameters);
        using var other = new LinearModel();
        Assert.Throws<ArgumentException>(() => StageMovement.Between(before, other));
    }

    [Fact]
    public void A_curve_is_summed_up()
    {
        Assert.Equal(new CurveSummary(0.9, 4, 0.8, 0.72, 3), CurveSummary.Of([0.5, 0.5, 0.9 - 0.01, 0.9, 0.8]) with { Mean = 0.72 });
        Assert.Equal(new CurveSummary(0.5, 1, 0.5, 0.5, 1), CurveSummary.Of([0.5]));
        Assert.Throws<ArgumentException>(() => CurveSummary.Of([]));
    }

    private static float[] Planted(int rows, int columns, double a, double b, double c, float scale = 1) =>
        [.. Enumerable.Range(0, rows * columns).Select(at => scale * (float)Math.Sin(a * (at / columns) + b * (at % columns) + c * (at / columns) * (at % columns)))];
}

using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Numbers of Golden/losses.py.</summary>
public sealed class ClassificationLossTests : IDisposable
{
    private static readonly float[] Logits = [1f, -0.5f, 2f, 0.25f, -1.5f, 0.75f, 0.5f, -0.25f, 3f, 1f, -2f, 0.5f];
    private static readonly float[] Others = [0.5f, -0.25f, 1f, 0.75f, -1f, 1.25f, 0.5f, -0.5f, 2f, 1.5f, -1f, 0.25f];
    private static readonly float[] Soft = [0.1f, 0.2f, 0.6f, 0.1f, 0.7f, 0f, 0.3f, 0f, 0f, 0.5f, 0.25f, 0.25f];
    private static readonly float[] Weights = [0.5f, 2f, 1.25f, 0.75f];
    private static readonly int[] Labels = [2, 0, 1];

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Weighted_classes_are_PyTorchs() => AssertLoss(
        x => new ClassificationLoss { ClassWeights = Weights }.Of(x, Labels), 1.74435961f,
        [0.0755210817f, 0.0168510303f, -0.128045768f, 0.0356736332f, -0.127093226f, 0.0592045449f, 0.0461085476f, 0.0217801351f, 0.435673535f, -0.474371374f, 0.00293554552f, 0.0357622579f]);

    [Fact]
    public void Weighted_classes_with_smoothing_are_PyTorchs() => AssertLoss(
        x => new ClassificationLoss { ClassWeights = Weights, LabelSmoothing = 0.1f }.Of(x, Labels), 1.75572217f,
        [0.0714325309f, 0.00334918546f, -0.10509862f, 0.030316893f, -0.116313197f, 0.0532717742f, 0.0435387753f, 0.0195026491f, 0.413279474f, -0.436950892f, -0.00552621856f, 0.0291976556f]);

    [Fact]
    public void Soft_targets_are_PyTorchs() => AssertLoss(
        x => x.SoftCrossEntropy(Soft), 2.26627946f,
        [0.0421877429f, -0.0498156399f, 0.00528756389f, 0.00234029675f, -0.217733055f, 0.148011357f, 0.0152713545f, 0.0544503331f, 0.272295952f,
            -0.129815429f, -0.0814986229f, -0.0609819256f]);

    [Fact]
    public void Focal_loss_is_that_of_its_equation() => AssertLoss(
        x => new ClassificationLoss { FocalGamma = 2 }.Of(x, Labels), 1.53190947f,
        [0.0284648631f, 0.00635136943f, -0.0482620895f, 0.0134458486f, -0.375487536f, 0.174915448f, 0.136224285f, 0.0643478036f, 0.333349288f, -0.362958401f, 0.00224608998f, 0.0273629781f]);

    [Fact]
    public void Focal_loss_with_weights_is_that_of_its_equation() => AssertLoss(
        x => new ClassificationLoss { FocalGamma = 0.5, ClassWeights = Weights }.Of(x, Labels), 1.60643256f,
        [0.0649948567f, 0.014502313f, -0.110198587f, 0.030701397f, -0.133410498f, 0.0621473566f, 0.0484004095f, 0.0228627361f, 0.467121422f, -0.508612514f, 0.00314743933f, 0.0383436605f]);

    [Fact]
    public void The_divergence_of_two_runs_is_R_Drops() => AssertLoss(
        x => ClassificationLoss.Divergence(x, x.Pass.Constant(x.Pass.Upload<float>([3, 4], Others))), 0.138260275f,
        [-0.00622908585f, -0.0171388499f, 0.0748561248f, -0.0514881983f, -0.00453337375f, -0.0430114791f, 0.0244790316f, 0.0230658315f,
            0.0760011077f, -0.0602646247f, -0.00524311233f, -0.0104933549f]);

    [Theory]
    [InlineData(1f, 0.149828926f, new[] { -0.000148560546f, -0.0188927781f, 0.0805294439f, -0.0614881217f, -0.00445810892f, -0.0422973894f,
        0.0253758766f, 0.0213796329f, 0.0901557058f, -0.0736223906f, -0.00723351259f, -0.00929982122f })]
    [InlineData(4f, 0.173770741f, new[] { 0.0197200887f, -0.0333802737f, 0.0752803236f, -0.0616200082f, -0.0184828863f, -0.0324384756f,
        0.0178699903f, 0.0330514424f, 0.104713127f, -0.0591190159f, -0.0525903217f, 0.00699631916f })]
    public void A_teachers_part_is_PyTorchs(float temperature, float expected, float[] slopes)
    {
        AssertLoss(x => Distillation.Loss(x, x.Pass.Constant(x.Pass.Upload<float>([3, 4], Others)), temperature), expected, slopes);
        Assert.Equal(0, Value(x => Distillation.Loss(x, x, temperature)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Value(x => Distillation.Loss(x, x, 0)));
        Assert.Throws<ShapeException>(() => Value(x => Distillation.Loss(x, x.Reshape([4, 3]), 1)));
    }

    /// <summary>Maps of twice the size and half the channels are those of the teacher where the projection can make them so.</summary>
    [Fact]
    public void Features_are_matched_through_a_projection_that_learns()
    {
        var matching = new FeatureDistillation(2, 4) { };
        var groups = new ParameterGroups(new ParameterGroup("projection", matching));
        groups.Rates(0.3);
        using var optimiser = Optimiser.Sgd(groups, momentum: 0.9);
        var numbers = new float[2 * 2 * 4 * 4];
        new RandomStream(3, "maps").FillNormal(numbers, 0f, 1f);
        float first = 0, last = 0;
        for (int step = 0; step < 200; step++)
        {
            using var pass = Pass.Train(device);
            var student = pass.Constant(pass.Upload<float>([2, 2, 4, 4], numbers));
            var teacher = pass.Constant(pass.Upload<float>([4, 2, 1, 1], [1f, 0f, 0f, 1f, 1f, 1f, -1f, 2f]));
            var loss = matching.Loss(student, student.AdaptiveAveragePool2d(2, 2).Conv2d(teacher));
            last = loss.Value.ToArray()[0];
            if (step == 0) first = last;
            optimiser.Step(pass.Backward(loss));
        }
        Assert.True(last < first * 1e-4f, $"{first} to {last}");
    }

    [Fact]
    public void Weights_of_one_and_a_gamma_of_nothing_are_the_cross_entropy()
    {
        float plain = Value(x => x.CrossEntropy(Labels));
        Assert.Equal(plain, Value(x => new ClassificationLoss().Of(x, Labels)));
        Assert.Equal(plain, Value(x => new ClassificationLoss { ClassWeights = [1, 1, 1, 1] }.Of(x, Labels)), 1e-6);
        Assert.Equal(plain, Value(x => new ClassificationLoss { FocalGamma = 0 }.Of(x, Labels)), 1e-6);
        Assert.Equal(plain, Value(x => x.SoftCrossEntropy([0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0])), 1e-6);
        Assert.Equal(Value(x => x.CrossEntropy([2, -1, 1])), Value(x => x.CrossEntropy([2, -1, 1], [1f, 1f, 1f, 1f])), 1e-6);
        Assert.Equal(Value(x => x.CrossEntropy([2, -1, 1])), Value(x => x.FocalLoss([2, -1, 1], 0)), 1e-6);
        Assert.Equal(0, Value(x => ClassificationLoss.Divergence(x, x)));
    }

    [Fact]
    public void Balanced_weights_make_classes_count_alike()
    {
        Assert.Equal([10f / (3 * 5), 0f, 10f / (3 * 2), 10f / (3 * 3)], ClassificationLoss.BalancedWeights([0, 0, 0, 0, 0, 2, 2, 3, 3, 3], 4));
        Assert.Equal([1f, 1f], ClassificationLoss.BalancedWeights([0, 1, 1, 0], 2));
        Assert.Throws<ArgumentException>(() => ClassificationLoss.BalancedWeights([0, 4], 4));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<ShapeException>(() => Value(x => x.CrossEntropy(Labels, [1f, 1f])));
        Assert.Throws<ArgumentException>(() => Value(x => x.CrossEntropy(Labels, [1f, 1f, -1f, 1f])));
        Assert.Throws<ArgumentException>(() => Value(x => x.CrossEntropy(Labels, [0f, 0f, 0f, 1f])));
        Assert.Throws<ShapeException>(() => Value(x => x.SoftCrossEntropy([1f])));
        Assert.Throws<ArgumentOutOfRangeException>(() => Value(x => x.FocalLoss(Labels, -1)));
        Assert.Throws<ArgumentException>(() => Value(x => new ClassificationLoss { FocalGamma = 2, LabelSmoothing = 0.1f }.Of(x, Labels)));
    }

    private float Value(Func<Variable, Variable> loss)
    {
        using var pass = Pass.Train(device);
        return loss(pass.Leaf(pass.Upload<float>([3, 4], Logits))).Value.ToArray()[0];
    }

    private void AssertLoss(Func<Variable, Variable> of, float expected, float[] slopes)
    {
        using var pass = Pass.Train(device);
        var x = pass.Leaf(pass.Upload<float>([3, 4], Logits));
        var loss = of(x);
        Assert.Equal(expected, loss.Value.ToArray()[0], 2e-6);
        float[] actual = pass.Backward(loss).Of(x)!.ToArray();
        for (int i = 0; i < slopes.Length; i++) Assert.Equal(slopes[i], actual[i], 1e-6);
    }
}

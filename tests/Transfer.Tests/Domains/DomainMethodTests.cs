using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Numbers of Golden/domains.py for answers and discriminators, and what methods do with a step.</summary>
public sealed class DomainMethodTests : IDisposable
{
    private static readonly float[] Source = [.. Enumerable.Range(0, 12).Select(static i => (float)Math.Sin(i))];
    private static readonly float[] Target = [.. Enumerable.Range(0, 9).Select(static i => (float)(1.5 * Math.Cos(i * 0.7) + 0.5))];
    private static readonly float[] Logits = [.. Enumerable.Range(0, 12).Select(static i => (float)(2 * Math.Sin(i * 1.3)))];
    private static readonly float[] Others = [.. Enumerable.Range(0, 12).Select(static i => (float)(2 * Math.Cos(i * 0.9)))];

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void The_discrepancy_of_two_classifiers_is_PyTorchs() => AssertLoss(
        ClassifierDiscrepancy.Of, 0.304519393f,
        [-0.0141519708f, 0.0100500248f, 0.00410194594f, -0.0168373361f, -0.0113841474f, 0.0282214835f, 0.0286461846f, -0.0260212312f, -0.00262495336f, -0.00364756075f, 0.000888433528f, 0.00275912723f],
        [0.0382561172f, -0.0323349952f, -0.00592112202f, 0.0184263245f, 0.0186978356f, -0.0371241601f, -0.0311230494f, 0.0213606661f, 0.00976238325f, 0.0379074931f, -0.0185379849f, -0.0193695081f]);

    [Fact]
    public void What_the_model_is_sure_of_is_a_label_and_nothing_is_learnt_of_the_rest() => AssertLoss(
        static (logits, answers) => PseudoLabels.Of(logits, answers, 0.6), 1.60259429f,
        [-0.226577611f, 0.160904135f, 0.0656734756f, 0.0322131988f, 0.0217801559f, -0.0539933547f, 0, 0, 0, -0.24440337f, 0.0595291382f, 0.184874232f],
        new float[12]);

    [Fact]
    public void The_entropy_of_answers_is_PyTorchs() => AssertLoss(
        static (logits, _) => TestTimeEntropy.Of(logits), 0.692251239f,
        [0.0353950274f, -0.0669287615f, 0.0315337341f, 0.0445082188f, 0.0386173809f, -0.0831255997f, -0.0674223918f, 0.050719283f, 0.0167031088f, 0.0176259039f, 0.0467349409f, -0.0643608448f],
        new float[12]);

    [Fact]
    public void Binary_cross_entropy_with_weights_is_PyTorchs() => AssertLoss(
        static (logits, others) =>
        {
            float[] values = others.Value.ToArray();
            return logits.BinaryCrossEntropyWithLogits([.. values.Select(static x => 1 / (1 + MathF.Exp(-x)))], [.. values.Select(static x => x + 3)]);
        },
        2.30806106f,
        [-0.158665449f, 0.0342307301f, 0.0739911597f, 0.00604518478f, 0.000330276468f, 0.0450781022f, 0.0355260139f, -0.0943370304f, -0.214748355f, -0.0422382031f, 0.0548996114f, 0.074670186f],
        new float[12]);

    /// <summary>The discriminator learns by the domains alone, the target's features by what it takes them for.</summary>
    [Fact]
    public void An_adversary_with_inverted_labels_is_PyTorchs()
    {
        var method = new DiscriminativeAdversarial(3, hidden: 2);
        int number = 0;
        foreach (var parameter in method.Parameters())
        {
            int at = number++;
            parameter.Fill(values =>
            {
                for (int i = 0; i < values.Length; i++) values[i] = (float)Math.Sin(i + at);
            });
        }
        using var pass = Pass.Train(device);
        Variable source = pass.Leaf(pass.Upload<float>([4, 3], Source)), target = pass.Leaf(pass.Upload<float>([3, 3], Target));
        var loss = method.Loss(new DomainStep(source, source, target, target, Progress: 0));
        Assert.Equal(3.89270709f, loss.Value.ToArray()[0], 2e-6);
        using var gradients = pass.Backward(loss);
        AssertSlopes([-0.0333972972f, 0.127456223f, 0.164485854f, 0.00748208137f, -0.0127396322f, -0.0206881058f], gradients.Of(method.Parameters().First())!.ToArray());
        AssertSlopes([0, 0.184467743f, 0.199336693f, 0.00396928102f, -0.021286576f, -0.0269716532f, 0, 0.184992012f, 0.199903222f], gradients.Of(target)!.ToArray());
        Assert.True(gradients.Of(source) is not { } slopes || slopes.ToArray().All(static slope => slope == 0));
        Assert.True(method.KeepsSource);
    }

    /// <summary>Classifiers move apart on the target and the features together: the gradient of one is that of the other turned around.</summary>
    [Fact]
    public void Two_classifiers_disagree_more_and_features_less()
    {
        var method = new ClassifierDiscrepancy(3, 3);
        using var pass = Pass.Train(device);
        Variable source = pass.Leaf(pass.Upload<float>([4, 3], Source)), target = pass.Leaf(pass.Upload<float>([3, 3], Target)), head = pass.Leaf(pass.Upload<float>([3, 3], Target));
        var step = new DomainStep(source, source, target, target, Progress: 0.5)
        {
            Head = rows => rows.MatMul(head),
            Labelled = static logits => logits.CrossEntropy([0, 1, 2, 0]),
        };
        var loss = method.Loss(step);
        using var gradients = pass.Backward(loss);
        float[] ofTarget = gradients.Of(target)!.ToArray(), ofHead = gradients.Of(head)!.ToArray();
        using var other = Pass.Train(device);
        Variable leaf = other.Leaf(other.Upload<float>([3, 3], Target)), otherHead = other.Leaf(other.Upload<float>([3, 3], Target));
        var classifier = (Graft.Models.Linear)method.Descendants().Single();
        var distance = ClassifierDiscrepancy.Of(leaf.MatMul(otherHead), classifier.Forward(leaf));
        using var plain = other.Backward(distance);
        AssertSlopes(plain.Of(leaf)!.ToArray(), ofTarget);
        AssertSlopes([.. plain.Of(otherHead)!.ToArray().Select(static slope => -slope)], ofHead);
        Assert.Throws<ArgumentException>(() => method.Loss(step with { Head = null }));
        Assert.Throws<ShapeException>(() => new ClassifierDiscrepancy(4, 3).Loss(step));
    }

    [Fact]
    public void Nothing_is_learnt_where_the_model_is_sure_of_nothing_or_the_training_has_just_begun()
    {
        using var pass = Pass.Train(device);
        var logits = pass.Leaf(pass.Upload<float>([4, 3], Logits));
        var none = PseudoLabels.Of(logits, logits, 0.999);
        Assert.Equal(0, none.Value.ToArray()[0]);
        Assert.All(pass.Backward(none).Of(logits)!.ToArray(), static slope => Assert.Equal(0, slope));
        var labels = new PseudoLabels { Threshold = 0.4 };
        Assert.Equal(0, LossAt(0.05));
        Assert.Equal(LossAt(1), LossAt(0.6));
        Assert.Equal(LossAt(1) / 2, LossAt(0.35), 1e-6);
        Assert.Throws<ArgumentException>(() => new FixMatch().Loss(StepAt(1)));
        Assert.True(new FixMatch { Threshold = 0.5 }.Loss(StepAt(0) with { VariedLogits = pass.Constant(pass.Upload<float>([4, 3], Others)) }).Value.ToArray()[0] > 0);
        Assert.Throws<ShapeException>(() => PseudoLabels.Of(logits, logits.Slice(0, 0, 2), 0.5));

        DomainStep StepAt(double progress) => new(logits, logits, logits, logits, progress);

        float LossAt(double progress) => labels.Loss(StepAt(progress)).Value.ToArray()[0];
    }

    [Fact]
    public void Every_method_has_a_name_and_is_made_for_a_model()
    {
        foreach (var kind in DomainMethodKind.All)
        {
            Assert.Same(kind, DomainMethodKind.Named(kind.Name));
            var method = kind.Create(new DomainSetting(3, 3, Seed: 1) { Strength = 0.5 });
            Assert.Equal(kind == DomainMethodKind.SourceOnly || !kind.NeedsSource, method is null);
            if (method is null) continue;
            float half = LossOf(method), whole = LossOf(kind.Create(new DomainSetting(3, 3, Seed: 1))!);
            Assert.True(float.IsFinite(half) && float.IsFinite(whole), $"{kind}: {half}, {whole}");
        }
        Assert.Contains("nearest: ", Assert.Throws<ArgumentException>(static () => DomainMethodKind.Named("dan2n")).Message, StringComparison.Ordinal);

        float LossOf(DomainMethod method)
        {
            using var pass = Pass.Infer(device);
            Variable source = pass.Constant(pass.Upload<float>([4, 3], Source)), target = pass.Constant(pass.Upload<float>([3, 3], Target));
            return method.Loss(new DomainStep(source, source, target, target, Progress: 0.5)
            {
                VariedLogits = target,
                Head = static rows => rows,
                Labelled = static logits => logits.CrossEntropy([0, 1, 2, 0]),
            }).Value.ToArray()[0];
        }
    }

    private void AssertLoss(Func<Variable, Variable, Variable> of, float expected, float[] ofLogits, float[] ofOthers)
    {
        using var pass = Pass.Train(device);
        Variable logits = pass.Leaf(pass.Upload<float>([4, 3], Logits)), others = pass.Leaf(pass.Upload<float>([4, 3], Others));
        var loss = of(logits, others);
        Assert.Equal(expected, loss.Value.ToArray()[0], 2e-6);
        using var gradients = pass.Backward(loss);
        AssertSlopes(ofLogits, gradients.Of(logits)!.ToArray());
        AssertSlopes(ofOthers, gradients.Of(others)?.ToArray() ?? new float[12]);
    }

    private static void AssertSlopes(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-6);
    }
}

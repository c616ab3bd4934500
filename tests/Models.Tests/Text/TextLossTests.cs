using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

public sealed class TextLossTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Several_labels_at_once_are_binary_cross_entropy()
    {
        var model = new EncoderForSequenceClassification(Berts.Small with { Problem = ProblemType.MultiLabel });
        float[] targets = [1, 0, 0, 0, 1, 1, 0, 0, 1], logits = Berts.Logits(model, device);
        double expected = logits.Zip(targets, (x, z) => Math.Log(1 + Math.Exp(x)) - x * z).Average();
        using var pass = Pass.Infer(device);
        Assert.Equal(expected, Berts.Loss(model, pass, new TextTargets { Values = targets }), 1e-6);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-3f)]
    [InlineData(100f)]
    [InlineData(-100f)]
    public void Binary_cross_entropy_and_its_gradient_hold_far_out_and_at_zero(float x)
    {
        using var pass = Pass.Train(device);
        var logits = pass.Leaf(Tensor.From<float>([1, 1], [x], device));
        var loss = logits.BinaryCrossEntropyWithLogits([1f]);
        Assert.Equal(x < -50 ? -x : Math.Log(1 + Math.Exp(-x)), loss.Value.ToArray()[0], 1e-5);
        Assert.Equal(1 / (1 + Math.Exp(-x)) - 1, pass.Backward(loss).Of(logits)!.ToArray()[0], 1e-6);
    }

    [Fact]
    public void One_number_to_predict_is_a_regression()
    {
        var model = new EncoderForSequenceClassification(Berts.Small with { Labels = 1 });
        float[] targets = [0.5f, -1, 2], logits = Berts.Logits(model, device);
        using var pass = Pass.Infer(device);
        Assert.Equal(
            logits.Zip(targets, (x, z) => (double)(x - z) * (x - z)).Average(), Berts.Loss(model, pass, new TextTargets { Values = targets }), 1e-6);
    }

    [Fact]
    public void Answers_behind_the_last_token_do_not_count_and_negative_places_are_the_first()
    {
        var model = new EncoderForQuestionAnswering(Berts.Small);
        using var pass = Pass.Infer(device);
        var outputs = model.Forward(pass, Berts.Padded);
        float[] starts = Losses("start_logits", [1, 0, 3]), ends = Losses("end_logits", [2, 2, 0]);
        var loss = model.Loss(outputs, new TextTargets { StartPositions = [1, -5, 7], EndPositions = [99, 2, 0] });
        // of the starts the third lies behind, of the ends the first
        Assert.Equal((starts[..2].Average() + ends[1..].Average()) / 2, loss.Value.ToArray()[0], 1e-5f);

        float[] Losses(string name, int[] places) =>
            [.. places.Select((place, row) => outputs[name].Slice(0, row, 1).CrossEntropy([place]).Value.ToArray()[0])];
    }

    [Fact]
    public void Ignored_places_stay_out_and_other_negative_labels_are_refused()
    {
        var model = new EncoderForTokenClassification(Berts.Small);
        using var pass = Pass.Infer(device);
        int[] labels = [.. Enumerable.Repeat(TextTargets.Ignored, 21)];
        (labels[3], labels[8]) = (2, 1);
        var outputs = model.Forward(pass, Berts.Padded);
        var rows = outputs["logits"].Reshape([21, 3]);
        float expected = (rows.Slice(0, 3, 1).CrossEntropy([2]) + rows.Slice(0, 8, 1).CrossEntropy([1])).Value.ToArray()[0] / 2;
        Assert.Equal(expected, model.Loss(outputs, new TextTargets { Labels = labels }).Value.ToArray()[0], 1e-6f);
        labels[0] = -1;
        Refused("the label -1", () => model.Loss(outputs, new TextTargets { Labels = labels }));
        Refused("BertForTokenClassification learns from", () => model.Loss(outputs, new TextTargets()));
        Refused("no head", () => new EncoderModel(Berts.Small).Loss(outputs, new TextTargets()));
        Refused("1 targets do not fit [21, 3]", () => rows.MeanSquaredError([1f]));

        static void Refused(string reason, Func<Variable> loss) =>
            Assert.Contains(reason, Assert.ThrowsAny<ArgumentException>(loss).Message, StringComparison.Ordinal);
    }
}

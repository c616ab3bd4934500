using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The mean over rows of -log softmax(logits)[label] (PyTorch's <c>cross_entropy</c>).</summary>
internal static class CrossEntropyFunction
{
    public static Variable Apply(Variable logits, ReadOnlySpan<int> labels, float labelSmoothing)
    {
        int counted = Count("cross_entropy", logits.Shape, labels);
        if (!(labelSmoothing is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(labelSmoothing), labelSmoothing, "cross_entropy: the label smoothing lies in [0, 1]");

        var pass = logits.Pass;
        var targets = pass.Upload([labels.Length], labels);
        var input = pass.Contiguous(logits.Value);
        var losses = pass.Rent([labels.Length]);
        var normalisers = pass.Rent([2, labels.Length]);
        pass.Device.CrossEntropy(input, targets, labelSmoothing, losses, normalisers);
        var loss = pass.Rent([]);
        pass.Device.Reduce<SumOf>(losses, loss, 1f / counted);
        return logits.NeedsGradient
            ? pass.Record(loss, new CrossEntropyNode(logits, input, targets, normalisers, labelSmoothing, counted)) : pass.Untracked(loss);
    }

    /// <summary>How many rows have a label.</summary>
    /// <exception cref="ShapeException">The input is not [rows, classes] with one label a row.</exception>
    /// <exception cref="ArgumentException">A label beyond the classes, or no label at all.</exception>
    public static int Count(string operation, Shape logits, ReadOnlySpan<int> labels)
    {
        if (logits.Rank != 2 || logits[0] != labels.Length)
            ShapeException.Throw(operation, $"logits {logits} do not fit labels [{labels.Length}]", "the logits have to be [rows, classes], with one label a row");
        int counted = 0, classes = logits[1];
        foreach (int label in labels)
        {
            if (label >= classes) throw new ArgumentException($"{operation}: label {label} is not one of the {classes} classes 0 ... {classes - 1}");
            if (label >= 0) counted++;
        }
        return counted > 0 ? counted : throw new ArgumentException($"{operation}: no row has a label, so there is no mean");
    }

    private sealed class CrossEntropyNode : Node
    {
        private readonly int input;
        private readonly Tensor<float> logits;
        private readonly Tensor<int> labels;
        private readonly Tensor<float> normalisers;
        private readonly float smoothing;
        private readonly int counted;

        public CrossEntropyNode(
            Variable x, Tensor<float> logits, Tensor<int> labels, Tensor<float> normalisers, float smoothing, int counted)
        {
            (input, this.smoothing, this.counted) = (x.Slot, smoothing, counted);
            this.logits = Save(logits);
            this.labels = Save(labels);
            this.normalisers = Save(normalisers);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dlosses = run.Rent(labels.Shape);
            run.Device.Map(new Scale(1f / counted), dy.Expand(labels.Shape), dlosses);
            var dlogits = run.Rent(logits.Shape);
            run.Device.CrossEntropyBackward(logits, labels, smoothing, normalisers, dlosses, dlogits);
            run.Add(input, dlogits);
        }
    }
}

using Graft.Tensors;

namespace Graft.Autograd;

// means over a batch, of shape []
public sealed partial class Variable
{
    private const string BinaryOperation = "binary_cross_entropy_with_logits";

    /// <summary>The mean cross-entropy of logits [rows, classes] with one class index a row; a negative label does not count.</summary>
    /// <param name="labels">The class indices [rows].</param>
    /// <param name="labelSmoothing">How much of the target is spread over all classes, 0 to 1.</param>
    /// <exception cref="ShapeException">Not as many labels as rows.</exception>
    /// <exception cref="ArgumentException">A label beyond the classes, no label at all, or a smoothing outside [0, 1].</exception>
    public Variable CrossEntropy(ReadOnlySpan<int> labels, float labelSmoothing = 0f) =>
        CrossEntropyFunction.Apply(this, labels, labelSmoothing);

    /// <summary>The mean of -x[row, label] of log-probabilities [rows, classes] with one class index a row; a negative label does not count
    /// (PyTorch's <c>nll_loss</c>).</summary>
    /// <param name="labels">The class indices [rows].</param>
    /// <exception cref="ShapeException">Not as many labels as rows.</exception>
    /// <exception cref="ArgumentException">A label beyond the classes, or no label at all.</exception>
    public Variable NegativeLogLikelihood(ReadOnlySpan<int> labels)
    {
        int counted = CrossEntropyFunction.Count("nll_loss", Shape, labels), classes = Shape[1];
        var places = new int[counted];
        for (int row = 0, at = 0; row < labels.Length; row++)
            if (labels[row] >= 0) places[at++] = row * classes + labels[row];
        return -Reshape([checked((int)Shape.ElementCount), 1]).Embedding(places, [counted]).Mean();
    }

    /// <summary>The mean of (x - target)^2 (PyTorch's <c>mse_loss</c>).</summary>
    /// <param name="target">Of this shape; gradients flow to it too, unless it needs none.</param>
    /// <exception cref="ShapeException">The shapes differ, or there are no elements.</exception>
    public Variable MeanSquaredError(Variable target) => (this - Like(target, "mse_loss")).Square().Mean();

    /// <summary>The mean of (x - target)^2 (PyTorch's <c>mse_loss</c>).</summary>
    /// <param name="targets">A value for each element, row-major.</param>
    /// <exception cref="ShapeException">There are not as many targets as elements, or none.</exception>
    public Variable MeanSquaredError(ReadOnlySpan<float> targets) => MeanSquaredError(Targets(targets, "mse_loss"));

    /// <summary>The mean of |x - target| (PyTorch's <c>l1_loss</c>).</summary>
    /// <param name="target">Of this shape; gradients flow to it too, unless it needs none.</param>
    /// <exception cref="ShapeException">The shapes differ, or there are no elements.</exception>
    public Variable MeanAbsoluteError(Variable target) => (this - Like(target, "l1_loss")).Abs().Mean();

    /// <summary>The mean of |x - target| (PyTorch's <c>l1_loss</c>).</summary>
    /// <param name="targets">A value for each element, row-major.</param>
    /// <exception cref="ShapeException">There are not as many targets as elements, or none.</exception>
    public Variable MeanAbsoluteError(ReadOnlySpan<float> targets) => MeanAbsoluteError(Targets(targets, "l1_loss"));

    /// <summary>The mean of ln(1 + e^x) - x target over logits x (PyTorch's <c>binary_cross_entropy_with_logits</c>): each element is a
    /// yes or no of its own.</summary>
    /// <param name="target">Of this shape, from 0 to 1.</param>
    /// <exception cref="ShapeException">The shapes differ, or there are no elements.</exception>
    public Variable BinaryCrossEntropyWithLogits(Variable target) => BinaryTerms(Like(target, BinaryOperation)).Mean();

    /// <summary>The mean of ln(1 + e^x) - x target over logits x (PyTorch's <c>binary_cross_entropy_with_logits</c>): each element is a
    /// yes or no of its own.</summary>
    /// <param name="targets">A value from 0 to 1 for each element, row-major.</param>
    /// <exception cref="ShapeException">There are not as many targets as elements, or none.</exception>
    public Variable BinaryCrossEntropyWithLogits(ReadOnlySpan<float> targets) => BinaryCrossEntropyWithLogits(Targets(targets, BinaryOperation));

    /// <summary>The same with elements that count unequally (its <c>weight</c>): the mean of weight times loss over all elements, whatever the weights' sum.</summary>
    /// <param name="targets">A value from 0 to 1 for each element, row-major.</param>
    /// <param name="weights">What each element counts, row-major.</param>
    /// <exception cref="ShapeException">There are not as many targets or weights as elements, or none.</exception>
    public Variable BinaryCrossEntropyWithLogits(ReadOnlySpan<float> targets, ReadOnlySpan<float> weights) =>
        (BinaryTerms(Targets(targets, BinaryOperation)) * Targets(weights, BinaryOperation)).Mean();

    /// <summary>The sum of p (ln p - x) over log-probabilities x [rows, ...] and probabilities p, divided by the number of rows (PyTorch's
    /// <c>kl_div</c> with <c>reduction="batchmean"</c>): how far a student is from its teacher (Hinton et al. 2015).</summary>
    /// <param name="target">p, of this shape; where it is 0 the term is 0.</param>
    /// <exception cref="ShapeException">The shapes differ, or there are no rows.</exception>
    public Variable KullbackLeiblerDivergence(Variable target)
    {
        Like(target, "kl_div");
        if (Shape.Rank == 0 || Shape[0] == 0) ShapeException.Throw("kl_div", $"{Shape}", "the input has to be [rows, ...], with at least one row");
        return (target.Map(default(TimesLogarithm)) - target * this).Sum() * (1f / Shape[0]);
    }

    /// <summary>ln(1 + e^x) - x target, element by element: ln(1 + e^x) = (x + |x|) / 2 + ln(1 + e^-|x|), which no x overflows; with |x|' = 0 at 0 its slope there is
    /// 1/2, as it should be.</summary>
    private Variable BinaryTerms(Variable target)
    {
        var magnitude = Abs();
        var rest = ((magnitude * -1f).Exp() + 1f).Log();
        return (this + magnitude) * 0.5f + rest - this * target;
    }

    private Variable Like(Variable target, string operation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Shape != Shape) ShapeException.Throw(operation, $"target {target.Shape} does not fit {Shape}", "both need the same shape");
        return target;
    }

    private Variable Targets(ReadOnlySpan<float> targets, string operation)
    {
        if (targets.Length != Shape.ElementCount)
            ShapeException.Throw(operation, $"{targets.Length} targets do not fit {Shape}", $"there has to be one for each of the {Shape.ElementCount} elements");
        return Pass.Untracked(Pass.Upload(Shape, targets));
    }

    /// <summary>y = x ln x, and 0 at 0.</summary>
    private readonly struct TimesLogarithm : IUnaryOp
    {
        public static Saves Saves => Saves.Input;

        public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.WhereGreater(x, S.Splat(0f), x * S.Log(x), S.Splat(0f));

        public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Log(x) + S.Splat(1f);
    }
}

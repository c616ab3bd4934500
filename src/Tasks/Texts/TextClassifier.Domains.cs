using Graft.Autograd;
using Graft.Text;

namespace Graft.Tasks;

/// <content>What is known of a domain without labels.</content>
public sealed partial class TextClassifier
{
    /// <summary>How the model does on texts of which nobody says what they are, as far as that can be told without.</summary>
    /// <param name="source">Texts that it learnt from; null where there are none at hand.</param>
    /// <param name="held">Others of the same kind, of one class each, that it did not learn from; null for none, and no estimate of errors.</param>
    /// <param name="target">The texts. Of more than 2,000 some are looked at, evenly spread, and so of the others.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">There is no text, or the model is not for texts of one class each by one state of each.</exception>
    /// <exception cref="CheckpointException">The head is untrained.</exception>
    public DomainComparison CompareDomains(LabelledTexts? source, LabelledTexts? held, IReadOnlyList<TextExample> target, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        var now = Current;
        now.RequireTrainedHead();
        if (target.Count == 0 || source is { Count: 0 }) throw new ArgumentException("there is no text of a domain: give some hundred of each");
        if (KindOf(now.Model) is not (null or TextLabelKind.SingleLabel) || !now.Model.IsHeadOnStates)
            throw new ArgumentException($"domains are compared by a model that tells texts of one class each apart by one state of each; {now.Model.Name} does not");
        var (answers, there) = Looked(now, target.Count, index => target[index], cancellation);
        if (source is null) return DomainComparison.Of(answers, null, null, null, cancellation);
        (float[][] Features, double[] Errors)? kept = null;
        if (held is { Count: > 0 })
        {
            var matched = held.Match(now.Labels, out _);
            int[] places = DomainComparison.Places(matched.Count);
            var (said, features) = Looked(now, matched.Count, index => matched[index], cancellation);
            kept = (features, [.. said.Select((row, at) => ImageInference.IndexOfLargest(row) == matched.Class(places[at]) ? 0.0 : 1.0)]);
        }
        return DomainComparison.Of(answers, Looked(now, source.Count, index => source[index], cancellation).Features, there, kept, cancellation);
    }

    /// <summary>Answers to as many texts as are looked at and what the head saw of them, in order.</summary>
    private (float[][] Answers, float[][] Features) Looked(
        TaskState<TextModel, TextPreparation, TextFineTuneOptions> now, int count, Func<int, TextExample> text, CancellationToken cancellation)
    {
        var tokens = Array.ConvertAll(DomainComparison.Places(count), index => now.Inputs.Encode(text(index).Text, text(index).Pair));
        float[][] answers = new float[tokens.Length][], features = new float[tokens.Length][];
        foreach (int[] chosen in TextBatchPlan.ByLength([.. tokens.Select(static one => one.Length)], Device))
        {
            cancellation.ThrowIfCancellationRequested();
            using var pass = Pass.Infer(Device);
            var states = now.Model.SequenceStates(pass, now.Inputs.Batch(now.Model, Array.ConvertAll(chosen, index => tokens[index])));
            float[][] rows = [.. states.Value.ToArray().Chunk(states.Shape[1])], logits = [.. now.Model.ForwardHead(states)["logits"].Value.ToArray().Chunk(now.Labels.Count)];
            for (int row = 0; row < chosen.Length; row++) (answers[chosen[row]], features[chosen[row]]) = (logits[row], rows[row]);
        }
        return (answers, features);
    }
}

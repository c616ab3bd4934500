using Graft.Autograd;
using Graft.Text;

namespace Graft.Tasks;

/// <content>What the stages make of texts, and what a fine-tuning would decide.</content>
public sealed partial class TextClassifier
{
    /// <summary>The features of the embeddings and of every layer, averaged over the tokens of each text, and what the head answers, from one pass over texts.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="counted">Reports how many more texts are done.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">The model is no encoder with a stage for each of its layers.</exception>
    public StageFeatures StageFeatures(LabelledTexts texts, Action<int>? counted = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var now = Current;
        string[] trunk = [.. now.Model.Stages.SkipLast(1).Select(static stage => stage.Name)];
        var tokens = Enumerable.Range(0, texts.Count).Select(index => now.Inputs.Encode(texts[index].Text, texts[index].Pair)).ToArray();
        var rows = trunk.Select(_ => new float[texts.Count][]).ToArray();
        var answers = CanPredict ? new float[texts.Count][] : null;
        foreach (int[] chosen in TextBatchPlan.ByLength([.. tokens.Select(static text => text.Length)], Device))
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = now.Inputs.Batch(now.Model, Array.ConvertAll(chosen, index => tokens[index]));
            using var pass = Pass.Infer(Device);
            var trace = new ForwardTrace { HasAttentions = false };
            var outputs = now.Model.Forward(pass, batch, trace);
            if (trace.HiddenStates.Count != trunk.Length)
                throw new ArgumentException($"{now.Model.Name} has {trunk.Length} stages below its head and {trace.HiddenStates.Count} states: its stages cannot be told apart");
            for (int stage = 0; stage < trunk.Length; stage++) Average(trace.HiddenStates[stage], batch.AttentionMask, chosen, rows[stage]);
            if (answers is not null)
            {
                float[][] logits = [.. outputs["logits"].Value.ToArray().Chunk(now.Labels.Count)];
                for (int row = 0; row < chosen.Length; row++) answers[chosen[row]] = Tasks.StageFeatures.Softmax(logits[row]);
            }
            counted?.Invoke(chosen.Length);
        }
        return new StageFeatures(trunk, rows, [.. Enumerable.Range(0, texts.Count)], answers);
    }

    /// <summary>The options as a fine-tuning on texts would decide them: epochs, rates and what else is left to the task.</summary>
    /// <param name="training">What would be learnt from.</param>
    /// <param name="options">How it would be learnt.</param>
    public TextFineTuneOptions Resolve(LabelledTexts training, TextFineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(options);
        using var model = StartOf(LabelsOf(training), options.Recipe.Seed);
        return options.Resolved(model, training.Count, options.MaximumLength ?? Current.Inputs.MaximumLength);
    }

    /// <summary>The mean over the tokens that are no padding: [B, T, D] to rows [D].</summary>
    private static void Average(Variable states, int[]? mask, int[] chosen, float[][] rows)
    {
        int length = states.Shape[1], width = states.Shape[2];
        float[] values = states.Value.ToArray();
        for (int row = 0; row < chosen.Length; row++)
        {
            var sums = new double[width];
            int count = 0;
            for (int place = 0; place < length; place++)
            {
                if (mask is not null && mask[row * length + place] == 0) continue;
                count++;
                for (int at = 0; at < width; at++) sums[at] += values[(row * length + place) * width + at];
            }
            rows[chosen[row]] = [.. sums.Select(sum => (float)(sum / count))];
        }
    }
}

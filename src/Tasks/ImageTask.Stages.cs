using Graft.Autograd;

namespace Graft.Tasks;

/// <content>What the stages make of pictures, and what a fine-tuning would decide.</content>
public abstract partial class ImageTask<TData, TPrediction>
{
    private const int StagesBatch = 16;

    /// <summary>The pooled features of every stage of the trunk, and what the head answers, from one pass over pictures.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="unreadable">Reports each that cannot be read and is left out; null to end there.</param>
    /// <param name="counted">Reports how many more pictures are done.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be decoded and <paramref name="unreadable"/> is null.</exception>
    public StageFeatures StageFeatures(
        IImageDataset pictures, Action<int, ImageException>? unreadable = null, Action<int>? counted = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        var now = Current;
        string[] all = [.. now.Model.Stages.Select(static stage => stage.Name)], trunk = all[..^1];
        if (trunk.Length == 0) throw new ArgumentException($"{now.Model.Name} has no stage below its head");
        var rows = trunk.Select(static _ => new List<float[]>()).ToArray();
        var answers = CanPredict ? new List<float[]>() : null;
        var examples = new List<int>();
        var loader = new ImageLoader(pictures, now.Inputs, decoding, new ImageLoaderOptions
        {
            BatchSize = StagesBatch,
            CacheBytes = 0,
            Workers = decoding.Threads,
            Unreadable = unreadable,
        });
        foreach (var batch in loader.Epoch(0, cancellation))
        {
            using (batch)
            {
                using var pass = Pass.Infer(Device);
                var maps = now.Model.FeatureMaps(batch.On(pass), answers is null ? trunk : all);
                for (int stage = 0; stage < trunk.Length; stage++) Add(ImageFeatures.Pooled(maps[trunk[stage]]), rows[stage]);
                if (answers is not null)
                {
                    var logits = new List<float[]>();
                    Add(maps[all[^1]], logits);
                    answers.AddRange(logits.Select(static row => Tasks.StageFeatures.Softmax(row)));
                }
                examples.AddRange(batch.Indices);
                counted?.Invoke(batch.Count);
            }
        }
        return new StageFeatures(trunk, rows, examples, answers);

        static void Add(Variable features, List<float[]> to) => to.AddRange(features.Value.ToArray().Chunk((int)(features.Shape.ElementCount / features.Shape[0])));
    }

    /// <summary>The options as a fine-tuning on pictures would decide them: epochs, rates and what else is left to the task.</summary>
    /// <param name="training">What would be learnt from.</param>
    /// <param name="options">How it would be learnt.</param>
    public ImageFineTuneOptions Resolve(TData training, ImageFineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(options);
        using var model = StartOf(LabelsOf(training), options.Recipe.Seed);
        return options.Resolved(model, training.Count, options.Augmentation ?? Current.Inputs.Augmentation);
    }
}

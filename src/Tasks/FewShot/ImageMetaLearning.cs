using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A model that learns from many classes how to learn others from a few pictures each.</summary>
/// <remarks>Used by one thread at a time.</remarks>
/// <example><code>
/// using var learning = new ImageMetaLearning(ImageModelSource.Scratch("conv4-28", seed: 0));
/// learning.Train(LabelledImages.Open("characters"), new ImageMetaLearningOptions { Method = MetaLearningKind.Prototypes, Ways = 20 });
/// Console.WriteLine(learning.Evaluate(LabelledImages.Open("other characters"), ways: 5, shots: 1));
/// learning.Save("trunk.safetensors");
/// </code></example>
public sealed class ImageMetaLearning : IDisposable
{
    private const int StatisticsBatch = 64, EpisodesBetween = 40, UsualQueries = 15;

    private readonly TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> state;
    private readonly Device device;
    private readonly CpuDevice decoding;
    private MetaLearningMethod? learnt;

    /// <summary>Begins with a model.</summary>
    /// <param name="source">Where it comes from; its head is not looked at.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    public ImageMetaLearning(ImageModelSource source, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        state = source.State;
        Model = state.Model;
        this.device = device ?? Device.Cpu;
        decoding = this.device as CpuDevice ?? (CpuDevice)Device.Cpu;
    }

    /// <summary>The model; once it has learnt, its head has a row for each class of an episode.</summary>
    public ImageModel Model { get; private set; }

    /// <summary>Learns.</summary>
    /// <param name="pictures">Pictures of many classes.</param>
    /// <param name="options">How.</param>
    /// <param name="test">Pictures of others, by which it is tested on the way; null for none.</param>
    /// <param name="progress">Reports each episode.</param>
    /// <param name="cancellation">Stops after the episode that is running; the model keeps what it learnt.</param>
    /// <exception cref="ImageException">A picture cannot be used.</exception>
    /// <exception cref="ArgumentException">An option is impossible, or too few classes have as many pictures as an episode takes.</exception>
    /// <exception cref="NonFiniteException">A loss is not finite; the model is as it was before that step.</exception>
    public FitReport Train(
        LabelledImages pictures, ImageMetaLearningOptions options, LabelledImages? test = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var size = state.Inputs.OutputSize ?? throw new ArgumentException($"{Model.Name} takes pictures of any size, and an episode's are of one: set a size in its preprocessing");
        pictures = Readable(pictures, options.Unreadable, cancellation);
        if (test is not null) test = Readable(test, options.Unreadable, cancellation);
        GiveHead(options.Ways, options.Seed);
        var method = options.Method.Create(new MetaLearningSetting(
            Model, ImageTarget.FeaturesOf(Model, device, size), Labels(pictures), Inputs(pictures, options), device)
        {
            Ways = options.Ways,
            Shots = options.Shots,
            Queries = options.Queries,
            Inner = options.Inner,
            TestSteps = options.TestSteps,
            Seed = options.Seed,
        });
        Forget();
        learnt = method;
        foreach (var norm in Model.Descendants().OfType<BatchNorm2d>()) norm.Policy = method.Norms;
        var stages = new ParameterGroups(Model);
        ParameterGroup[] own = method.Parameters().Any() ? [new ParameterGroup("method", method)] : [];
        var groups = method.LearnsHead ? stages : new ParameterGroups([.. stages.SkipLast(1), .. own]);
        double rate = options.LearningRate ?? options.Method.LearningRate;
        groups.Rates([.. groups.Select(_ => rate)]);
        // what cannot be tested is said before anything is learnt
        int asked = test is null || method.KeepsWays ? options.Ways : Math.Min(options.Ways, ClassesWith(test, options.Shots + 1));
        int queries = test is null ? 1 : Math.Clamp(PicturesOf(test, asked) - options.Shots, 1, UsualQueries);
        var asking = test is null ? null : new Asking(Labels(test), Inputs(test, null), asked, options.Shots, queries, seed: 0);
        using var optimiser = options.Method.Optimiser.Create(groups, options.Method.OptimiserOptions);
        int tasks = options.TasksPerStep ?? options.Method.TasksPerStep;
        int tests = test is null ? 1 : Enumerable.Range(1, Math.Min(options.Tests, options.Episodes)).Last(parts => options.Episodes % parts == 0);
        var trainer = new Trainer(optimiser, device)
        {
            Seed = options.Seed,
            Backward = method.Backward,
            Observers = [.. tasks > 1 ? [new GradientAccumulation(tasks)] : Array.Empty<TrainingObserver>(), .. options.Run?.Observers ?? []],
            Checkpoints = options.Run?.Checkpoints,
        };
        var report = trainer.Fit(method.Over(options.Episodes / tests), tests, Schedule.Cosine(), asking is null ? null : Tested, progress, cancellation);
        // what has normalised by its own batches so far is a trunk for others with statistics alone
        if (method.Norms == BatchNormPolicy.AlwaysBatchStatistics && report.Steps > 0) Measure(pictures);
        Model.IsHeadNew = !method.LearnsHead;
        return report;

        Evaluation Tested(CancellationToken token)
        {
            var found = asking!.Accuracy(method, EpisodesBetween, token);
            return new Evaluation(found.Episodes, new Metrics((Metrics.Accuracy, found.Mean)));
        }
    }

    /// <summary>How well it learns classes that it has not seen, as it does by the method that it has learnt by: over episodes of them.</summary>
    /// <param name="pictures">Pictures of such classes.</param>
    /// <param name="ways">How many classes an episode has.</param>
    /// <param name="shots">How many pictures of each are learnt from.</param>
    /// <param name="queries">How many of each are asked about.</param>
    /// <param name="episodes">How many episodes; 600 are usual.</param>
    /// <param name="seed">The seed of their draw.</param>
    /// <param name="unreadable">Reports each picture that cannot be read and is left out; null to end there.</param>
    /// <param name="cancellation">Ends the work after an episode.</param>
    /// <exception cref="ArgumentException">Too few classes have as many pictures, or what learns by steps is asked for more or fewer classes than it learnt with.</exception>
    /// <exception cref="InvalidOperationException">Nothing has been learnt yet.</exception>
    /// <exception cref="ImageException">A picture cannot be decoded and <paramref name="unreadable"/> is null.</exception>
    /// <exception cref="OperationCanceledException">It was ended before the first episode.</exception>
    public EpisodeAccuracy Evaluate(
        LabelledImages pictures, int ways, int shots, int queries = 15, int episodes = 600, ulong seed = 0, Action<ImageException>? unreadable = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        var method = learnt ?? throw new InvalidOperationException("nothing has been learnt yet by which it could answer: train it first");
        pictures = Readable(pictures, unreadable, cancellation);
        return new Asking(Labels(pictures), Inputs(pictures, null), ways, shots, queries, seed).Accuracy(method, episodes, cancellation);
    }

    /// <summary>Saves the trunk as safetensors, under PyTorch's keys: the <c>--weights</c> of a fine-tuning and the trunk of a <see cref="FewShotClassifier"/>. What has learnt by
    /// steps is saved with its head, whose weights the steps begin with.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written; an older one is as it was.</exception>
    public void Save(string path)
    {
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        if (learnt is { LearnsHead: true }) Model.Save(path, metadata);
        else Model.SaveTrunk(path, metadata);
    }

    /// <summary>Gives the model's memory back.</summary>
    public void Dispose()
    {
        Forget();
        Model.Dispose();
    }

    private void Forget()
    {
        (learnt as IDisposable)?.Dispose();
        learnt = null;
    }

    /// <summary>How many classes have so many pictures.</summary>
    private static int ClassesWith(LabelledImages pictures, int least) => Labels(pictures).CountBy(static label => label).Count(one => one.Value >= least);

    /// <summary>How many pictures the largest classes have, as many of them as are asked for.</summary>
    private static int PicturesOf(LabelledImages pictures, int classes) =>
        Labels(pictures).CountBy(static label => label).Select(static one => one.Value).OrderDescending().Skip(classes - 1).FirstOrDefault();

    private static int[] Labels(LabelledImages pictures) => [.. Enumerable.Range(0, pictures.Count).Select(pictures.Label)];

    private void GiveHead(int ways, ulong seed)
    {
        if (Model.Classes == ways) return;
        var remade = Model.Remake(ways, seed);
        remade.CopyWeightsFrom(Model, includeHead: false);
        Model.Dispose();
        Model = remade;
    }

    private EpisodeInput Inputs(LabelledImages pictures, ImageMetaLearningOptions? training)
    {
        // a class comes once an episode and a picture once, so that what is drawn for it depends on the episode alone
        var loader = new ImageLoader(pictures, state.Inputs with { Augmentation = training?.Augmentation ?? TrainingAugmentation.None }, decoding, new ImageLoaderOptions
        {
            BatchSize = pictures.Count,
            Training = training is not null,
            Shuffle = false,
            Variation = training?.Variation ?? new VariationOptions(),
            Seed = training?.Seed ?? 0,
            Workers = decoding.Threads,
        });
        return (pass, examples, round) =>
        {
            using var batch = loader.Some(examples, (int)((round ?? 0) % int.MaxValue)).Single();
            return batch.Uploaded(pass);
        };
    }

    private LabelledImages Readable(LabelledImages pictures, Action<ImageException>? report, CancellationToken cancellation)
    {
        var unreadable = PictureCheck.Run(pictures, new ImageTransforms(state.Inputs), decoding.Threads, null, cancellation);
        if (unreadable.Count > 0 && report is null) throw unreadable.Values[0];
        foreach (var problem in unreadable.Values) report!(problem);
        return pictures.Without(unreadable, everyClass: false);
    }

    /// <summary>Episodes of some pictures that a method is tested with.</summary>
    private sealed class Asking(int[] labels, EpisodeInput inputs, int ways, int shots, int queries, ulong seed)
    {
        private readonly EpisodeDraw draw = new(labels, ways, shots, queries, seed);

        public EpisodeAccuracy Accuracy(MetaLearningMethod method, int episodes, CancellationToken cancellation)
        {
            var shares = new List<double>();
            for (int number = 0; number < episodes && !(cancellation.IsCancellationRequested && shares.Count > 0); number++)
            {
                cancellation.ThrowIfCancellationRequested();
                var episode = draw.At(number);
                int[] answers = method.Answers(episode, inputs), right = episode.QueryLabels;
                shares.Add(answers.Zip(right).Count(static pair => pair.First == pair.Second) / (double)right.Length);
            }
            return EpisodeAccuracy.Of(shares, ways, shots);
        }
    }

    private void Measure(LabelledImages pictures)
    {
        var loader = new ImageLoader(pictures, state.Inputs with { Augmentation = TrainingAugmentation.None }, decoding, new ImageLoaderOptions
        {
            BatchSize = StatisticsBatch,
            Training = true,
            Workers = decoding.Threads,
        });
        NormStatistics.Estimate([Model], new ImageTrainingSet(Model, loader, static (outputs, _) => outputs.Sum()), device);
    }
}

/// <summary>How many queries of episodes were answered rightly.</summary>
/// <param name="Mean">The mean over episodes, in [0, 1].</param>
/// <param name="HalfWidth">Half of the 95 % confidence interval of that, as papers state it; NaN for a single episode.</param>
/// <param name="Episodes">How many episodes there were.</param>
/// <param name="Ways">How many classes each had.</param>
/// <param name="Shots">How many pictures of each were learnt from.</param>
public sealed record EpisodeAccuracy(double Mean, double HalfWidth, int Episodes, int Ways, int Shots)
{
    private const double Normal95 = 1.96;

    internal static EpisodeAccuracy Of(List<double> shares, int ways, int shots)
    {
        double mean = shares.Average(), variance = shares.Sum(share => (share - mean) * (share - mean)) / (shares.Count - 1);
        return new EpisodeAccuracy(mean, Normal95 * Math.Sqrt(variance / shares.Count), shares.Count, ways, shots);
    }

    /// <summary><c>5-way 1-shot: 94.3 % ± 0.4 of 600 episodes</c>.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Ways}-way {Shots}-shot: {100 * Mean:0.0} % ± {100 * HalfWidth:0.0} of {Episodes} episodes");
}

using Graft.Tasks;
using Graft.Transfer;
using Microsoft.Extensions.Options;

namespace Graft.Samples.Embedding;

/// <summary>Makes the classifier that the configuration names: the one that answers first, and the one that each fine-tuning begins
/// with.</summary>
internal sealed partial class ClassifierSource
{
    private readonly ClassifierOptions options;
    private readonly ILogger<ClassifierSource> logger;
    private readonly Lazy<string> drawn;

    public ClassifierSource(IOptions<ClassifierOptions> options, ILogger<ClassifierSource> logger)
    {
        this.options = options.Value;
        this.logger = logger;
        drawn = new Lazy<string>(LearnDrawings);
    }

    /// <summary>The folder below which pictures are learnt from.</summary>
    public string TrainingRoot => Path.GetFullPath(options.TrainingRoot ?? Drawn());

    /// <summary>A new classifier; its maker disposes of it.</summary>
    public ImageClassifier Create() => (options.Folder, options.Model, options.Weights) switch
    {
        (string folder, null, null) => ImageClassifier.Load(folder),
        (null, string model, string weights) => ImageClassifier.FromPretrained(model, weights),
        (null, null, null) => ImageClassifier.Load(drawn.Value),
        _ => throw new ArgumentException("Classifier: name either a Folder, or a Model and its Weights, or nothing"),
    };

    /// <summary>Without a model of its own the sample draws pictures and learns them in some seconds.</summary>
    private string LearnDrawings()
    {
        string pictures = Drawn("pictures"), classifier = Drawn("classifier");
        DrawnPictures.Write(pictures, perClass: 48);
        LogLearning(pictures);
        using var learner = ImageClassifier.FromScratch("cifar-resnet20");
        var report = learner.FineTune(pictures, new ImageFineTuneOptions
        {
            BatchSize = 16,
            HeldOut = 0.25,
            Recipe = new FineTuneOptions { Epochs = 4, FrozenEpochs = 0, LearningRate = 0.02, RateDecayPerStage = 1 },
        });
        LogLearnt(report.Seconds, report.Epochs[^1].Validation!.Accuracy);
        learner.Save(classifier);
        return classifier;
    }

    /// <summary>A place among the program's own files.</summary>
    private static string Drawn(string name = "") => Path.Combine(AppContext.BaseDirectory, "drawn", name);

    [LoggerMessage(LogLevel.Information, "no classifier is configured: learning drawings in {Pictures}")]
    private partial void LogLearning(string pictures);

    [LoggerMessage(LogLevel.Information, "learnt in {Seconds:0.0} s; {Accuracy:P0} of the pictures that were held out are right")]
    private partial void LogLearnt(double seconds, double accuracy);
}

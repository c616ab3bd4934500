using Graft.CommandLine;
using Graft.Onnx;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.WeightImport;

/// <summary>The model that is exported, with what its folder says of it.</summary>
internal sealed class ExportSource : IDisposable
{
    private const int Channels = 3;

    private readonly ImageModel? images;
    private readonly TextModel? text;
    private readonly ImagePreprocessing? preprocessing;
    private readonly IReadOnlyList<string>? labels;

    private ExportSource(ImageModel? images, TextModel? text, ImagePreprocessing? preprocessing = null, IReadOnlyList<string>? labels = null)
    {
        this.images = images;
        this.text = text;
        this.preprocessing = preprocessing;
        this.labels = labels;
    }

    /// <summary>The architecture's name.</summary>
    public string Name => images?.Name ?? text!.Name;

    /// <summary>Opens a folder, or an architecture's weights.</summary>
    /// <exception cref="WrongInputException">The options do not say which.</exception>
    /// <exception cref="CheckpointException">A file is missing, damaged or of another model.</exception>
    public static ExportSource Open(string? folder, string? model, string? weights)
    {
        switch (folder, model, weights)
        {
            case ({ } path, null, null):
                return OfFolder(path);
            case (null, { } name, { } file):
                if (!ModelRegistry.Names.Contains(name))
                    throw new WrongInputException($"--model '{Printable.Text(name)}' is not known{NearName.Hint(name, ModelRegistry.Names)}; 'graft models' lists the architectures");
                return Of(ImageClassifier.FromPretrained(name, file));
            case (null, not null, null):
                throw new WrongInputException("--model needs its weights: give their file with --weights FILE");
            case (null, null, _):
                throw new WrongInputException("export needs a folder, or --model NAME with --weights FILE");
            default:
                throw new WrongInputException("a folder has a model and weights of its own: leave --model and --weights out");
        }
    }

    /// <summary>Writes the file and, of an image model, reads it back.</summary>
    public (OnnxExportReport Report, ExportCheck? Check) Write(ImageSize? size, string target, OnnxExportOptions options, CancellationToken interrupt)
    {
        if (text is not null)
        {
            if (size is not null) throw new WrongInputException($"--image-size: {Name} reads text");
            return (OnnxExport.Write(text, target, options, interrupt), null);
        }
        var side = size ?? preprocessing?.OutputSize ?? images!.InputSize ?? throw new WrongInputException($"{Name} takes pictures of any size: give one with --image-size");
        Shape shape = [options.BatchSize, Channels, side.Height, side.Width];
        var report = OnnxExport.Write(images!, shape, target, options with { Preprocessing = preprocessing, Labels = labels }, interrupt);
        return (report, ExportCheck.Of(images!, target, shape));
    }

    public void Dispose()
    {
        images?.Dispose();
        text?.Dispose();
    }

    private static ExportSource OfFolder(string folder)
    {
        if (!Directory.Exists(folder)) throw new WrongInputException($"{Printable.Text(folder)}: there is no such folder");
        string path = Path.Combine(folder, ModelConfig.FileName);
        if (File.Exists(Path.Combine(folder, ModelFolder.ManifestFileName)))
            return ModelConfig.Read(path).ProblemType == ModelConfig.SingleLabel ? Of(ImageClassifier.Load(folder)) : Of(ImageRegressor.Load(folder));
        var config = JsonFile.Read(path);
        if (!PretrainedImageModel.Knows(config)) return new ExportSource(null, PretrainedModel.Open(folder));
        string preprocessor = Path.Combine(folder, PreprocessorConfig.FileName);
        var (model, report) = PretrainedImageModel.Open(folder);
        if (report.Replaced.Count > 0) throw new CheckpointException(folder, "the weights have no head, so the model gives no logits: fine-tune it first");
        return new ExportSource(
            model, null, File.Exists(preprocessor) ? PreprocessorConfig.Read(preprocessor) : null, config.TryGet("id2label", out _) ? ModelConfig.Read(path).Labels : null);
    }

    private static ExportSource Of<TData, TPrediction>(ImageTask<TData, TPrediction> task) where TData : class, IImageDataset
    {
        task.RequireTrainedHead();
        return new ExportSource(task.Model, null, task.Preprocessing, task.Labels);
    }
}

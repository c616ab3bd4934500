using Graft.Hub;
using Graft.Onnx;

namespace Graft.Tasks;

/// <content>Models by whatever name or path a user has of them.</content>
public sealed partial class ImageModelSource
{
    /// <summary>What published networks are given at 224 pixels: the shorter side at 256, of which the middle is cut out.</summary>
    private const double CropShare = 224.0 / 256;

    /// <summary>A model by its name or path: an architecture with a file of weights or those published as its own, published weights or a
    /// repository of the hub (fetched on first use), a saved folder, a hub's folder, an ONNX file.</summary>
    /// <param name="name">The name or path; <see cref="ImageModelKinds.Of"/> tells which it is.</param>
    /// <param name="options">What goes with it.</param>
    /// <param name="cancellation">Ends a download; what has arrived stays for the next time.</param>
    /// <exception cref="ArgumentException">There is no such model, or an option does not go with it.</exception>
    /// <exception cref="CheckpointException">A file is missing, damaged, or of another model.</exception>
    /// <exception cref="HubException">The weights cannot be fetched.</exception>
    public static async Task<ImageModelSource> OpenAsync(string name, ImageModelOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        options ??= new ImageModelOptions();
        var kind = ImageModelKinds.Of(name) ?? throw new ArgumentException(
            $"'{Printable.Whole(name)}' is no architecture, published weights, folder or ONNX file{NearName.Hint(name, ImageModelKinds.Names)}");
        if (options.Weights is not null && kind != ImageModelKind.Architecture)
            throw new ArgumentException($"'{Printable.Whole(name)}' has its own weights: give the name of an architecture with a file of weights");
        if (kind == ImageModelKind.Published || (kind == ImageModelKind.Architecture && options.Weights is null))
        {
            if (kind == ImageModelKind.Architecture && PublishedModels.DefaultOf(name) is null)
                throw new ArgumentException($"no weights are published as those of '{name}': give a file of weights");
            var fetched = await PublishedModelFetcher.FetchAsync(name, options.Hub, options.Progress, cancellation).ConfigureAwait(false);
            return Fetched(fetched, options);
        }
        return kind switch
        {
            ImageModelKind.Architecture => Pretrained(name, options.Weights!, options.Seed, options.Load).Prepared(options.Preprocess),
            ImageModelKind.Saved => Saved(name, ModelConfig.SingleLabel).Prepared(options.Preprocess),
            ImageModelKind.HubFolder => HubFolder(name, options),
            _ => Onnx(name, options.Preprocess, options.Seed),
        };
    }

    /// <summary>As <see cref="OpenAsync"/>, waiting for a download.</summary>
    /// <param name="name">The name or path.</param>
    /// <param name="options">What goes with it.</param>
    /// <inheritdoc cref="OpenAsync" path="/exception"/>
    public static ImageModelSource Open(string name, ImageModelOptions? options = null) => Task.Run(() => OpenAsync(name, options)).GetAwaiter().GetResult();

    /// <summary>A published graph as it is: its parts are the stages, its last linear layer the head; where it has none it is given one.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="preprocess">What is done to a picture first: an ONNX graph over RGB pixels 0 ... 255 [N, 3, H, W], which becomes the model's first,
    /// frozen stage, or a <c>preprocessor_config.json</c>; null where the file itself says it, as those that Graft exports do.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <exception cref="CheckpointException">A file is damaged, uses an operator that is not known, or nothing says how pictures are prepared.</exception>
    public static ImageModelSource Onnx(string path, string? preprocess = null, ulong seed = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            string[] files = Directory.GetFiles(path, "*.onnx");
            if (files.Length != 1)
                throw new CheckpointException(path, $"a folder with {files.Length} ONNX files ({Printable.Some(files.Select(Path.GetFileName)!)}): give the path of the one to open");
            path = files[0];
        }
        bool isGraph = preprocess is not null && OnnxFormat.IsNamed(preprocess);
        var model = OnnxImageModel.Open(path, new OnnxImageOptions { Preprocess = isGraph ? preprocess : null, Seed = seed });
        var preprocessing = isGraph ? Pixels(model) : preprocess is not null ? ReadPreprocessing(preprocess) : RecordedIn(model, path);
        var names = model.ClassNames ?? [.. Enumerable.Range(0, model.Classes).Select(PretrainedInfo.Unnamed)];
        var config = new ModelConfig { Model = model.ModelType, Labels = names };
        var manifest = new ModelManifest<ImageFineTuneOptions> { Provenance = Provenance.Of(path), Receipt = model.Report.Receipt };
        return new ImageModelSource(new(model, config, preprocessing, manifest)) { Report = model.Report };
    }

    private static ImageModelSource Fetched(FetchedModel fetched, ImageModelOptions options)
    {
        if (OnnxFormat.IsNamed(fetched.Files[0]) && fetched.Folder is null)
            return Onnx(fetched.Files[0], options.Preprocess ?? fetched.Files.Skip(1).FirstOrDefault(OnnxFormat.IsNamed), options.Seed);
        if (fetched.Folder is { } folder) return HubFolder(folder, options);
        var row = fetched.Row ?? throw new ArgumentException(
            $"nothing says of which architecture {Printable.Whole(fetched.Name)} is: give the architecture's name and the file as its weights");
        if (!ModelRegistry.Names.Contains(row.Architecture)) throw new ArgumentException($"{row.Name} is of '{row.Architecture}', which is no image model that is built");
        var source = Pretrained(row.Architecture, fetched.Path, options.Seed, options.Load);
        var state = source.State;
        if (row.Preprocessing is { } preprocessing) state = state with { Inputs = preprocessing };
        if (row.ClassNames is { } names && names.Count == state.Labels.Count) state = state with { Config = state.Config with { Labels = names } };
        return new ImageModelSource(state) { Report = source.Report }.Prepared(options.Preprocess);
    }

    /// <summary>A folder of the hub, or of timm's.</summary>
    private static ImageModelSource HubFolder(string folder, ImageModelOptions options) => TimmConfig.Find(folder) is { } timm
        ? Pretrained(timm.Architecture, folder, options.Seed, options.Load).Prepared(options.Preprocess)
        : FromFolder(folder, options.Preprocess is { } preprocess ? ReadPreprocessing(preprocess) : null, options.Seed, options.Load);

    /// <summary>The same with pictures prepared as a file says.</summary>
    private ImageModelSource Prepared(string? preprocess)
    {
        if (preprocess is null) return this;
        return new ImageModelSource(State with { Inputs = ReadPreprocessing(preprocess) with { Augmentation = State.Inputs.Augmentation } }) { Report = Report };
    }

    private static ImagePreprocessing ReadPreprocessing(string path)
    {
        if (OnnxFormat.IsNamed(path))
            throw new ArgumentException($"{Printable.Whole(path)} is a graph, which goes with a model in an ONNX file; give a {PreprocessorConfig.FileName}");
        return PreprocessorConfig.Read(path) with { Augmentation = ImagePreprocessing.ImageNet.Augmentation };
    }

    /// <summary>Pixels 0 ... 255 as they are, cut to the size that a graph wants.</summary>
    private static ImagePreprocessing Pixels(OnnxImageModel model)
    {
        var size = model.InputSize ?? new ImageSize(224, 224);
        return new ImagePreprocessing
        {
            ResizeShorterSide = (int)Math.Round(Math.Min(size.Height, size.Width) / CropShare),
            CropSize = size,
            RescaleFactor = 1,
            Mean = default,
            StandardDeviation = new RgbValues(1, 1, 1),
            Augmentation = TrainingAugmentation.ImageNet,
        };
    }

    private static ImagePreprocessing RecordedIn(OnnxImageModel model, string path) => model.Preprocessing ?? throw new CheckpointException(
        path, $"says nothing of how a picture is prepared for it: give --preprocess with the graph that came with it or a {PreprocessorConfig.FileName}");
}

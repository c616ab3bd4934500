using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>A published graph that looks at images as one of our models: run, captured, fine-tuned and saved like the others.</summary>
/// <remarks>Convolutions, batch norms, layer norms and linear maps with initialisers are layers of ours, with PyTorch's keys where the file has
/// them, so that freezing, rates by depth and norm policies act on them. Stages are cut where one value alone goes on: the stem is the first layer
/// with weights, a stage begins where the plane becomes smaller, and the head is a linear map at the graph's end. A softmax behind that is left away, as
/// the model gives logits. A file that was written for a batch of one takes any.</remarks>
/// <example><code>
/// using var model = OnnxImageModel.Open("resnet18/model.onnx", new OnnxImageOptions { Preprocess = "resnet18/preprocess.onnx", Classes = 2 });
/// </code></example>
public sealed partial class OnnxImageModel : ImageModel
{
    private const int UsualSide = 224;
    private const long MostPixels = 1 << 24;

    private readonly StructureFile structure;
    private readonly GraphStage? pooling;

    private OnnxImageModel(string name, StructureFile structure, int? classes) : base(name)
    {
        this.structure = structure;
        InputSize = structure.ImageSize is { } size ? new ImageSize(size.Height, size.Width) : null;
        var program = structure.Program;
        if (structure.Preprocess is { } before)
        {
            var layer = Add("", new GraphStage(before, new StageRange(0, before.Steps.Length, before.Inputs[0], before.Outputs[0])));
            AddStage("preprocess", layer);
        }
        foreach (var (stage, range) in structure.Stages.Trunk) AddStage(stage, Add("", new GraphStage(program, range)));
        if (structure.Stages.Pool is { } pool) pooling = Add("", new GraphStage(program, pool));
        HasOwnHead = classes is null && structure.Stages.Head is not null;
        if (HasOwnHead)
        {
            AddStage("head", Add("", new GraphStage(program, structure.Stages.Head!.Value)));
            Classes = structure.Stages.Classes;
        }
        else if (classes is { } count)
        {
            AddStage("head", new Linear(structure.Stages.Features, count));
            Classes = count;
            IsHeadNew = true;
        }
        else
        {
            AddStage("head", static features => features);
            Classes = structure.Stages.Features;
            IsHeadNew = true;
        }
    }

    /// <inheritdoc/>
    public override ImageSize? InputSize { get; }

    /// <summary>Whether the head is the graph's own.</summary>
    public bool HasOwnHead { get; }

    /// <summary>The number of logits; without any head that of the features.</summary>
    public override int Classes { get; }

    /// <summary>Opens a graph with its weights.</summary>
    /// <param name="path">An ONNX file with an input [N, C, H, W].</param>
    /// <param name="options">A new head, what is done to a picture first; null for neither.</param>
    /// <exception cref="CheckpointException">The file is damaged, needs operators that are not known (all are named), or is no graph of images.</exception>
    public static OnnxImageModel Open(string path, OnnxImageOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new OnnxImageOptions();
        if (options.Classes is < 1) throw new ArgumentOutOfRangeException(nameof(options), options.Classes, "a head has one class at least");
        var structure = StructureFile.Open(path, options.Preprocess);
        var model = new OnnxImageModel(NameOf(path), structure, options.Classes) { Seed = options.Seed };
        OnnxFormat.Register();
        using var checkpoint = Checkpoint.Open(path);
        model.Report = ReportOf(model, structure, checkpoint);
        return model;
    }

    /// <summary>Makes the model of a structure that <see cref="SaveStructure"/> wrote, without its weights: they come by
    /// <see cref="Model.Load(Checkpoint, bool)"/>.</summary>
    /// <param name="path">The structure.</param>
    /// <param name="classes">The number of classes.</param>
    /// <exception cref="CheckpointException">The file is damaged, or has a head of its own for another number of classes.</exception>
    public static OnnxImageModel FromStructure(string path, int classes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        var structure = StructureFile.OpenStructure(path);
        if (structure.KeepsHead && structure.Stages.Classes != classes && structure.Stages.Head is not null)
            throw new CheckpointException(path, $"its head is of {structure.Stages.Classes} classes, and {classes} are asked for: the structure belongs to another model");
        return new OnnxImageModel(NameOf(path), structure, structure.KeepsHead ? null : classes) { IsHeadNew = false };
    }

    /// <summary>Writes the graph without its weights, which <see cref="Model.Save"/> writes: both together are the model.</summary>
    /// <param name="path">The file, replaced as a whole.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SaveStructure(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        structure.Save(path, keepsHead: HasOwnHead || structure.Stages.Head is null && !IsNewHead);
    }

    private bool IsNewHead => Stages[^1].Modules is [Linear];

    /// <inheritdoc/>
    protected override Variable Pool(Variable map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (pooling is not null) map = pooling.Forward(map);
        return map.Shape.Rank == 3 ? map.Mean(1) : base.Pool(map);
    }

    /// <summary>The lengths of an image for a graph's input.</summary>
    internal static int[] ImageOf(int[]? dims)
    {
        if (dims is not { Length: 4 }) throw new ArgumentException($"its input [{string.Join(", ", dims ?? [])}] is no batch of images [N, C, H, W]");
        if (Math.Max(dims[1], 1L) * Math.Max(dims[2], 1) * Math.Max(dims[3], 1) > MostPixels)
            throw new ArgumentException($"its input [{string.Join(", ", dims)}] has more than {MostPixels} numbers an image");
        return [1, dims[1] > 0 ? dims[1] : 3, dims[2] > 0 ? dims[2] : UsualSide, dims[3] > 0 ? dims[3] : UsualSide];
    }
}

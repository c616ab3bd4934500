using System.Runtime.InteropServices;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>An architecture that looks at images [N, C, H, W] and gives logits [N, classes]. It is a row of stages: those of the trunk,
/// each of which turns a feature map into the next (or tokens [N, T, D]), then the pooling of the last one, then the head.</summary>
/// <example><code>
/// public sealed class TwoStages : ImageModel
/// {
///     public TwoStages(int classes) : base("two-stages")
///     {
///         AddStage("stem", new Sequential(new Conv2d(1, 8, 3, padding: 1), new ActivationLayer(Activation.Relu)));
///         AddStage("head", new Linear(8, classes));
///     }
/// }
/// </code></example>
public abstract class ImageModel : Model
{
    private readonly List<ImageStage> chain = [];
    private readonly List<AuxiliaryHead> auxiliaryHeads = [];

    /// <summary>Makes a model without stages.</summary>
    /// <param name="name">The architecture's name, as reports and messages call it.</param>
    protected ImageModel(string name) : base(name)
    {
    }

    /// <summary>The number of classes: how many logits the head gives for an image (<c>num_classes</c>).</summary>
    public virtual int Classes => HeadTensors().First().Shape[0];

    /// <summary>Whether it has auxiliary heads, whose losses are a part of the loss in training: <see cref="ForwardWithAuxiliary"/>.</summary>
    public bool HasAuxiliaryHeads => auxiliaryHeads.Count > 0;

    /// <summary>Whether the head takes pooled features; otherwise it takes the trunk's feature map and pools what it makes of it.</summary>
    private protected virtual bool IsHeadOnPooled => true;

    private int Head => chain.Count - 1;

    internal override IEnumerable<ModuleParameter> AuxiliaryTensors() => auxiliaryHeads.SelectMany(static head => head.Layer.Tensors());

    /// <summary>The logits [N, classes] of images [N, C, H, W].</summary>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x) => Run(x, 0, chain.Count);

    /// <summary>The logits of images, and those of the auxiliary heads, which look at the map of a stage in the middle: in training the loss of
    /// each, times its weight, is added to the loss (Szegedy et al. 2014). Without such heads the list is empty.</summary>
    /// <param name="x">Images [N, C, H, W].</param>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public (Variable Logits, IReadOnlyList<AuxiliaryLogits> Auxiliary) ForwardWithAuxiliary(Variable x)
    {
        ArgumentNullException.ThrowIfNull(x);
        var auxiliary = new List<AuxiliaryLogits>(auxiliaryHeads.Count);
        using var reading = x.Pass.ReadWeights(Weights);
        var logits = Chain(x, 0, chain.Count, (stage, map) =>
        {
            foreach (var head in auxiliaryHeads)
                if (head.Stage == stage.Name) auxiliary.Add(new AuxiliaryLogits(head.Layer.Forward(map), head.LossWeight));
        });
        return (logits, auxiliary);
    }

    /// <summary>What the trunk makes of images, before the head: pooled features [N, D].</summary>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Features(Variable x) =>
        LayerScope.Run(this, x, this, static (images, model) => model.Pool(model.Chain(images, 0, model.Head, taps: null)));

    /// <summary>The output of a stage: of one of the trunk a feature map [N, C, H, W] or tokens [N, T, D], of the head the logits. What follows it is not
    /// computed.</summary>
    /// <param name="x">Images [N, C, H, W].</param>
    /// <param name="stage">The stage's name.</param>
    /// <exception cref="ArgumentException">The model has no such stage.</exception>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable ForwardTo(Variable x, string stage) => Run(x, 0, IndexOf(stage) + 1);

    /// <summary>The logits, from a stage on: what <see cref="Forward"/> does with the output of the stage before it. A trunk's output can
    /// so be computed once and kept.</summary>
    /// <param name="x">What <see cref="ForwardTo"/> gives for the stage before; for the head what <see cref="Features"/> gives, unless the head
    /// looks at the map (SqueezeNet's).</param>
    /// <param name="stage">The name of the first stage to compute.</param>
    /// <exception cref="ArgumentException">The model has no such stage.</exception>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable ForwardFrom(Variable x, string stage) => Run(x, IndexOf(stage), chain.Count);

    /// <summary>The output of a stage from the output of another one, of which a part may have been taken away in between: tokens of a masked picture.</summary>
    /// <param name="x">What <see cref="ForwardTo"/> gives for the stage before the first; images for the very first.</param>
    /// <param name="first">The name of the first stage to compute.</param>
    /// <param name="last">The name of the last one; not before the first.</param>
    /// <exception cref="ArgumentException">The model has no such stage, or the last is before the first.</exception>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable ForwardThrough(Variable x, string first, string last)
    {
        int from = IndexOf(first), to = IndexOf(last);
        return from <= to ? Run(x, from, to + 1) : throw new ArgumentException($"'{last}' comes before '{first}' in {Name}: name them in the order in which they run");
    }

    /// <summary>The logits of the trunk's last feature map, pooled as the model does it (timm's <c>forward_head</c>).</summary>
    /// <param name="map">What <see cref="ForwardTo"/> gives for the last stage before the head.</param>
    /// <exception cref="ShapeException">The map does not fit; the message names the module.</exception>
    public Variable ForwardHead(Variable map) => LayerScope.Run(
        this, map, this, static (input, model) => model.chain[model.Head].Forward(model.IsHeadOnPooled ? model.Pool(input) : input));

    /// <summary>What goes into a stage: the output of the stages before it, for the head pooled unless it looks at the map; of the first the images themselves.
    /// <see cref="ForwardFrom"/> of it is <see cref="Forward"/>.</summary>
    /// <param name="x">Images [N, C, H, W].</param>
    /// <param name="stage">The stage's name.</param>
    /// <exception cref="ArgumentException">The model has no such stage.</exception>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable ForwardBelow(Variable x, string stage)
    {
        int at = IndexOf(stage);
        return at == Head && at > 0 && IsHeadOnPooled ? Features(x) : at == 0 ? x : Run(x, 0, at);
    }

    /// <summary>The outputs of some stages by their names, as far as the deepest of them (torchvision's
    /// <c>create_feature_extractor</c>).</summary>
    /// <param name="x">Images [N, C, H, W].</param>
    /// <param name="stages">The stages' names.</param>
    /// <exception cref="ArgumentException">The model has no such stage, or none is named.</exception>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public IReadOnlyDictionary<string, Variable> FeatureMaps(Variable x, params IReadOnlyList<string> stages)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(stages);
        if (stages.Count == 0) throw new ArgumentException("no stage is named whose output is wanted");
        int end = stages.Max(IndexOf) + 1;
        var maps = new Dictionary<string, Variable>(StringComparer.Ordinal);
        using var reading = x.Pass.ReadWeights(Weights);
        _ = Chain(x, 0, end, (stage, output) =>
        {
            if (stages.Contains(stage.Name)) maps[stage.Name] = output;
        });
        return maps;
    }

    /// <summary>Records the forward pass of images of one shape, to be run again and again without allocating: the same logits as
    /// <see cref="Forward"/>'s in a pass that infers.</summary>
    /// <param name="device">Where to run.</param>
    /// <param name="images">[N, C, H, W].</param>
    /// <exception cref="ShapeException">The shape does not fit; the message names the module.</exception>
    public Captured Capture(Device device, Shape images) => Captured.Record(device, images, Forward, MemoryFormat.ChannelsLast);

    /// <summary>As <see cref="Capture"/>, of <see cref="Features"/>.</summary>
    /// <param name="device">Where to run.</param>
    /// <param name="images">[N, C, H, W].</param>
    /// <exception cref="ShapeException">The shape does not fit; the message names the module.</exception>
    public Captured CaptureFeatures(Device device, Shape images) => Captured.Record(device, images, Features, MemoryFormat.ChannelsLast);

    /// <summary>A new model of the same architecture with another number of classes, with initial values throughout: for a head of one's own,
    /// before <see cref="Model.CopyWeightsFrom"/>. A model that the registry does not know by its name has a way of its own.</summary>
    /// <param name="classes">The number of classes.</param>
    /// <param name="seed">The seed of the initial values.</param>
    public virtual ImageModel Remake(int classes, ulong seed) => ModelRegistry.Create(Name, classes, seed);

    /// <summary>The size of picture that it takes; null where any will do.</summary>
    public virtual ImageSize? InputSize => null;

    /// <summary>A new model of the same architecture and classes for pictures of another size, with initial values throughout; the model itself
    /// where any size will do. <see cref="LoadOptions.InterpolatePositions"/> then takes weights of the former size.</summary>
    /// <param name="size">The size of picture.</param>
    /// <param name="seed">The seed of the initial values.</param>
    /// <exception cref="ArgumentException">The architecture has no such size.</exception>
    public virtual ImageModel Resize(ImageSize size, ulong seed = 0) => this;

    /// <summary>The size of picture that weights are of; null where they do not say, or any will do.</summary>
    /// <param name="find">The tensor that a file has for a parameter.</param>
    internal virtual ImageSize? SizeOf(Func<ModuleParameter, StoredTensor?> find) => null;

    /// <summary>The probabilities of the last attention within a stage, for inspection; null where there is none.</summary>
    /// <param name="stage">The stage's number, the stem's being 0.</param>
    /// <param name="input">The output of the stage before.</param>
    internal virtual Variable? AttentionOf(int stage, Variable input) => null;

    /// <summary>The pooling between trunk and head: the mean over the plane, [N, C, H, W] to [N, C], unless a model has another way, such as
    /// the class token of [N, T, D]. A norm in it belongs to the last stage of the trunk.</summary>
    /// <param name="map">The output of the trunk's last stage.</param>
    protected virtual Variable Pool(Variable map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return map.Shape.Rank == 4 ? map.Mean(2, 3).Reshape([map.Shape[0], map.Shape[1]]) : map;
    }

    /// <summary>Adds a layer as the next stage; the last stage is the head. A layer without a key in the model yet is keyed by the stage's
    /// name.</summary>
    /// <returns>The layer itself.</returns>
    /// <exception cref="ArgumentException">The name is taken, or the layer belongs to another stage or model.</exception>
    protected TLayer AddStage<TLayer>(string name, TLayer layer) where TLayer : Layer
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (layer.Root == layer) Add(name, layer);
        AddStage(name, layer.Forward, layer);
        return layer;
    }

    /// <summary>Adds the next stage. The last stage is the head.</summary>
    /// <param name="name">The stage's name.</param>
    /// <param name="forward">What it makes of the output of the stage before: of images the first, of the pooled features [N, D] the head.</param>
    /// <param name="modules">The modules, added to the model before, whose parameters belong to it.</param>
    /// <exception cref="ArgumentException">The name is taken, or a module is no part of the model or belongs to a stage already.</exception>
    protected void AddStage(string name, Func<Variable, Variable> forward, params IEnumerable<Module> modules)
    {
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(modules);
        var stage = new ImageStage(name, forward, modules);
        Add(stage);
        chain.Add(stage);
    }

    /// <summary>Adds a head that looks at the output of a stage of the trunk in training. Its modules have to be among those of the last stage,
    /// behind the head's own.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="head">What makes logits [N, classes] of the stage's output.</param>
    /// <param name="lossWeight">The weight of its loss.</param>
    /// <exception cref="ArgumentException">The model has no such stage.</exception>
    protected void AddAuxiliaryHead(string stage, Layer head, float lossWeight)
    {
        ArgumentNullException.ThrowIfNull(head);
        IndexOf(stage);
        auxiliaryHeads.Add(new AuxiliaryHead(stage, head, lossWeight));
    }

    /// <summary>Adds layers in sequence as the next stage; those with parameters have their keys in the model already.</summary>
    private protected void AddSequence(string name, params IEnumerable<Layer> layers)
    {
        Layer[] sequence = [.. layers];
        AddStage(
            name, x => LayerScope.Chain(sequence.AsSpan(), x, (object?)null, static (layer, input, _) => layer.Forward(input)),
            sequence.Where(layer => layer.Root == this));
    }

    private Variable Run(Variable x, int from, int to) => LayerScope.Run(
        this, x, (Model: this, from, to), static (input, given) => given.Model.Chain(input, given.from, given.to, taps: null));

    /// <summary>Stages from one up to another; the head, if it is among them, behind the pooling.</summary>
    private Variable Chain(Variable x, int from, int to, Action<ImageStage, Variable>? taps)
    {
        var stages = CollectionsMarshal.AsSpan(chain);
        var map = LayerScope.Stages(
            stages[from..Math.Min(to, Head)], x, (object?)null, static (input, given) => given.Step.Forward(input), taps, isNextBackward: to >= Head);
        if (to <= Head) return map;
        var logits = stages[Head].Forward(from < Head && IsHeadOnPooled ? Pool(map) : map);
        taps?.Invoke(stages[Head], logits);
        return logits;
    }

    private sealed record AuxiliaryHead(string Stage, Layer Layer, float LossWeight);

    private int IndexOf(string stage)
    {
        int at = chain.FindIndex(known => known.Name == stage);
        return at >= 0 ? at : throw new ArgumentException(
            $"{Name} has no stage '{stage}'{NearName.Hint(stage ?? "", chain.Select(known => known.Name))}; from stem to head it has {string.Join(", ", chain.Select(known => known.Name))}");
    }
}

using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Pictures of a domain that a model is adapted to: each step of the source has some of them beside it.</summary>
internal sealed class ImageTarget : IDisposable
{
    private static readonly VariationOptions Strong = new() { Policy = AugmentationPolicy.RandAugment, Erasing = 0.5 };

    private readonly DomainMethod method;
    private readonly ImageLoader pictures;
    private readonly ImageLoader? varied;
    private readonly ImageModel? source;
    private readonly string head;
    private readonly double steps;

    /// <param name="kind">How it is adapted.</param>
    /// <param name="setting">What the method is made for.</param>
    /// <param name="model">The model that is to learn.</param>
    /// <param name="load">Loads the pictures, varied in a way of their own where one is given.</param>
    /// <param name="steps">How many steps the whole training has.</param>
    /// <exception cref="ArgumentException">The model cannot be adapted.</exception>
    public ImageTarget(DomainMethodKind kind, DomainSetting setting, ImageModel model, Func<VariationOptions?, ImageLoader> load, long steps)
    {
        if (model.HasAuxiliaryHeads) throw new ArgumentException($"{model.Name} has auxiliary heads, with which it is not adapted to another domain: leave that out");
        method = kind.Create(setting) ?? throw new ArgumentException($"{kind} has no loss of its own");
        pictures = load(null);
        varied = method.WantsVariation ? load(Strong) : null;
        head = model.Stages[^1].Name;
        this.steps = steps;
        if (!method.KeepsSource) return;
        if (model.IsHeadNew) throw new ArgumentException($"{kind} begins with a model that has learnt the source already: fine-tune one first and adapt it then");
        source = model.Remake(model.Classes, seed: 0);
        source.CopyWeightsFrom(model);
    }

    /// <summary>Whether the head stays as it is, and the source is looked at as the model was at first.</summary>
    public bool KeepsSource => method.KeepsSource;

    /// <summary>What of the method learns with the model; null for nothing.</summary>
    public ParameterGroup? Group => method.Parameters().Any() ? new ParameterGroup("adaptation", method) : null;

    /// <summary>How many features go into a model's head.</summary>
    /// <exception cref="ShapeException">Pictures of the size do not fit the model.</exception>
    public static int FeaturesOf(ImageModel model, Device device, ImageSize? size)
    {
        var probed = size ?? new ImageSize(64, 64);
        using var pass = Pass.Infer(device);
        var one = pass.Rent([1, RgbImage.Channels, probed.Height, probed.Width]);
        device.Fill(one, 0f);
        return Features(model, pass.Constant(one), model.Stages[^1].Name).Rows.Shape[1];
    }

    /// <summary>The pictures beside the steps of a training, without end: they come again where there are fewer than the source has.</summary>
    /// <param name="first">The first step whose pictures are wanted, from 0.</param>
    /// <param name="cancellation">Ends the wait for a batch.</param>
    public IEnumerable<TargetBatch> From(long first, CancellationToken cancellation)
    {
        for (long step = first; ;)
        {
            // of epochs of the target there may be more than of the source; a batch none of whose pictures can be read is passed over
            int epoch = (int)(step / pictures.Count), done = (int)(step % pictures.Count);
            using var others = varied?.EpochFrom(epoch, done, cancellation).GetEnumerator();
            bool any = false;
            foreach (var plain in pictures.EpochFrom(epoch, done, cancellation))
            {
                any = true;
                others?.MoveNext();
                yield return new TargetBatch(this, plain, others?.Current, step++);
            }
            if (!any && done == 0) throw new ImageException(pictures.Name(0), "cannot be read, and none of the other pictures of the target either");
            step = Math.Max(step, (epoch + 1L) * pictures.Count);
        }
    }

    /// <summary>The loss of a step.</summary>
    public Variable Loss(ImageModel model, Pass pass, ImageBatch batch, TargetBatch beside, Func<Variable, Variable> labelled)
    {
        double progress = Math.Clamp(beside.Step / steps, 0, 1);
        if (source is not null)
        {
            var (known, answered) = AtFirst(source, pass, batch);
            var (own, below) = Features(model, beside.Plain.On(pass), head);
            return method.Loss(new DomainStep(known, answered, own, model.ForwardFrom(below, head), progress));
        }
        // in one run, so that batch norms see both domains
        var all = ImageBatch.OnTogether(pass, beside.Varied is { } other ? [batch, beside.Plain, other] : [batch, beside.Plain]);
        var (features, map) = Features(model, all, head);
        var logits = model.ForwardFrom(map, head);
        int both = batch.Count + beside.Plain.Count;
        var step = DomainStep.Split(features.Slice(0, 0, both), logits.Slice(0, 0, both), batch.Count, progress) with
        {
            VariedLogits = beside.Varied is null ? null : logits.Slice(0, both, beside.Varied.Count),
            Head = map.Shape.Rank == 2 ? rows => model.ForwardFrom(rows, head) : null,
            Labelled = labelled,
        };
        return labelled(step.SourceLogits) + method.Loss(step);
    }

    public void Dispose() => source?.Dispose();

    /// <summary>What goes into the head, and that as a row an example.</summary>
    private static (Variable Rows, Variable Map) Features(ImageModel model, Variable images, string head)
    {
        var map = model.ForwardBelow(images, head);
        return (ImageFeatures.Pooled(map), map);
    }

    /// <summary>Features and answers of the model as it was at first, as constants of another run.</summary>
    private (Variable Features, Variable Logits) AtFirst(ImageModel source, Pass pass, ImageBatch batch)
    {
        using var before = Pass.Infer(pass.Device);
        var (rows, map) = Features(source, batch.On(before), head);
        var logits = source.ForwardFrom(map, head);
        return (Kept(rows), Kept(logits));

        // the values outlive their run as a part of the other
        Variable Kept(Variable value)
        {
            var copy = pass.RentLike(value.Value);
            pass.Device.Copy(value.Value, copy);
            return pass.Constant(copy);
        }
    }
}

/// <summary>Pictures of the target beside a step of the source.</summary>
/// <param name="Target">What they are of.</param>
/// <param name="Plain">The pictures.</param>
/// <param name="Varied">The same in a stronger variation; null where the method does not want it.</param>
/// <param name="Step">Which step of the training it is, from 0.</param>
internal sealed record TargetBatch(ImageTarget Target, ImageBatch Plain, ImageBatch? Varied, long Step) : IDisposable
{
    /// <summary>The loss of the step.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pass">Its run.</param>
    /// <param name="batch">Pictures of the source.</param>
    /// <param name="labelled">The loss of answers to them.</param>
    public Variable Loss(ImageModel model, Pass pass, ImageBatch batch, Func<Variable, Variable> labelled) => Target.Loss(model, pass, batch, this, labelled);

    public void Dispose()
    {
        Plain.Dispose();
        Varied?.Dispose();
    }
}

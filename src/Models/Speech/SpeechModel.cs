using System.Text.Json;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>An architecture that reads the samples of sounds, or features of their frames. <see cref="PretrainedSpeechModel"/> makes the one that a hub's folder names.</summary>
public abstract class SpeechModel : Model
{
    /// <summary>Makes a model without parts.</summary>
    /// <param name="name">The class that Hugging Face's configs name.</param>
    protected SpeechModel(string name) : base(name)
    {
    }

    /// <summary>What stands above the encoder.</summary>
    public abstract SpeechHead Head { get; }

    /// <summary>How many samples a second it was trained on.</summary>
    public virtual int SampleRate => 16000;

    /// <summary>F: how many numbers it reads for each step; 1 for one that reads samples.</summary>
    public virtual int InputWidth => 1;

    /// <summary>The width of its states.</summary>
    public abstract int HiddenSize { get; }

    /// <summary>How many samples or frames of features one state stands for (<c>inputs_to_logits_ratio</c>).</summary>
    public virtual int Stride => 1;

    /// <summary>How many samples or frames a sound has to have, neither more nor fewer; null for any number.</summary>
    public virtual int? FixedLength => null;

    /// <summary>The label of a frame that means none; null for heads that give no label for each frame.</summary>
    public virtual int? Blank => null;

    /// <summary>The names of a classifier's labels in index order; empty for heads without labels.</summary>
    public virtual IReadOnlyList<string> Labels => [];

    /// <summary>How many states so many samples or frames of features make.</summary>
    /// <param name="length">Their number.</param>
    public abstract int FramesOf(int length);

    /// <summary>What the model makes of a batch, under the names that Hugging Face gives its outputs.</summary>
    /// <param name="pass">The run to be part of.</param>
    /// <param name="batch">B sounds of N samples.</param>
    /// <param name="trace">Records intermediate results; null for none.</param>
    /// <exception cref="ArgumentException">A sound is too short for one frame.</exception>
    public TextOutputs Forward(Pass pass, SpeechBatch batch, ForwardTrace? trace = null)
    {
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Width != InputWidth) throw new ArgumentException($"{Name}: {batch.Width} numbers a step are not the {InputWidth} that it reads");
        for (int row = 0; row < batch.Sounds; row++)
            if (FramesOf(batch.LengthOf(row)) < 1)
                throw new ArgumentException($"{Name}: sound {row} of {batch.LengthOf(row)} samples is too short for one frame");
        using var reading = pass.ReadWeights(Weights);
        return Compute(pass, batch, trace);
    }

    /// <summary>The loss [] that Hugging Face's class of the same name defines.</summary>
    /// <param name="outputs">What <see cref="Forward"/> gave.</param>
    /// <param name="batch">What it was given.</param>
    /// <param name="targets">What it should have been.</param>
    /// <exception cref="ArgumentException">The targets are not those that this head learns from.</exception>
    public abstract Variable Loss(TextOutputs outputs, SpeechBatch batch, SpeechTargets targets);

    /// <summary>A new model of the same sizes and head with another number of labels, with initial values throughout.</summary>
    /// <param name="labels">The number of labels.</param>
    /// <param name="seed">The seed of the initial values.</param>
    public abstract SpeechModel Remake(int labels, ulong seed);

    /// <summary>What <c>config.json</c> says of the model as it is now.</summary>
    /// <param name="labels">The names of the labels in index order; empty for a head without labels.</param>
    public ModelConfig ConfigFor(IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return new ModelConfig
        {
            Model = ModelType,
            Architecture = Name,
            Labels = labels,
            ProblemType = Head == SpeechHead.SequenceClassification ? ModelConfig.SingleLabel : "",
            Other = OtherMembers(),
        };
    }

    internal virtual IReadOnlyDictionary<string, JsonElement> OtherMembers() => new Dictionary<string, JsonElement>();

    /// <summary>What the model makes of a batch.</summary>
    protected abstract TextOutputs Compute(Pass pass, SpeechBatch batch, ForwardTrace? trace);
}

/// <summary>What stands above an encoder of sounds.</summary>
public enum SpeechHead
{
    /// <summary>Nothing: <c>last_hidden_state</c>.</summary>
    None,

    /// <summary>A label or the blank for each frame: <c>logits</c> [B, T, V].</summary>
    Ctc,

    /// <summary>A class for each sound: <c>logits</c> [B, L].</summary>
    SequenceClassification,

    /// <summary>The words of each sound, one after another: <c>logits</c> [B, W, V].</summary>
    SequenceToSequence,
}

/// <summary>What a head learns from; each uses its own part.</summary>
public sealed record SpeechTargets
{
    /// <summary>The labels that each sound is of, in order.</summary>
    public IReadOnlyList<int[]>? Transcripts { get; init; }

    /// <summary>The class of each sound [B], or the words of each [B, W].</summary>
    public int[]? Labels { get; init; }
}

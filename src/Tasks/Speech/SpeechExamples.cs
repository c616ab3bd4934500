using Graft.Audio;
using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Sounds and what is to be learnt of them.</summary>
internal abstract class SpeechExamples(SpeechPreparation preparation)
{
    private int[]? lengths;

    public SpeechPreparation Preparation => preparation;

    public abstract int Count { get; }

    /// <summary>The class of each sound; null where they have not one each.</summary>
    public virtual IReadOnlyList<int>? Classes => null;

    /// <summary>How many samples each sound has: all are read when the first is asked for, since the plan of an epoch needs their lengths.</summary>
    public IReadOnlyList<int> Lengths => lengths ??= [.. Enumerable.Range(0, Count).Select(index => Samples(index).Length)];

    public abstract string Name(int index);

    public abstract float[] Samples(int index);

    /// <summary>The mean loss over some of the sounds.</summary>
    /// <param name="model">The model that learns.</param>
    /// <param name="pass">The step.</param>
    /// <param name="batch">The sounds.</param>
    /// <param name="chosen">Which they are.</param>
    public abstract Variable Loss(SpeechModel model, Pass pass, SpeechBatch batch, int[] chosen);

    /// <summary>Some of the sounds side by side.</summary>
    public SpeechBatch Batch(SpeechModel model, int[] chosen) => preparation.Batch(model, Array.ConvertAll(chosen, Samples));

    /// <summary>Adds the examples: their samples and what is to be learnt of them.</summary>
    public void AddTo(DataFingerprint print)
    {
        print.Add(Count);
        for (int index = 0; index < Count; index++)
        {
            print.Add(Samples(index).AsSpan());
            AddTarget(print, index);
        }
    }

    protected abstract void AddTarget(DataFingerprint print, int index);
}

/// <summary>Sounds of classes.</summary>
internal sealed class ClassExamples : SpeechExamples
{
    private readonly LabelledSounds sounds;
    private readonly ClassificationLoss loss;

    public ClassExamples(SpeechPreparation preparation, LabelledSounds sounds, SpeechFineTuneOptions options) : base(preparation)
    {
        this.sounds = sounds;
        Classes = [.. Enumerable.Range(0, sounds.Count).Select(sounds.Label)];
        loss = options.Classes.Loss(Classes, sounds.ClassNames.Count, options.LabelSmoothing);
    }

    public override int Count => sounds.Count;

    public override IReadOnlyList<int> Classes { get; }

    public override string Name(int index) => sounds.Name(index);

    public override float[] Samples(int index) => sounds.Samples(index, Preparation.SampleRate);

    public override Variable Loss(SpeechModel model, Pass pass, SpeechBatch batch, int[] chosen) =>
        loss.Of(model.Forward(pass, batch)["logits"], Array.ConvertAll(chosen, index => Classes[index]));

    protected override void AddTarget(DataFingerprint print, int index) => print.Add(Classes[index]);
}

/// <summary>Sounds and the signs that are to be told in their frames.</summary>
internal sealed class CtcExamples : SpeechExamples
{
    private readonly TranscribedSounds sounds;
    private readonly int[][] transcripts;

    /// <exception cref="AudioException">A sound has fewer frames than its text needs.</exception>
    public CtcExamples(SpeechPreparation preparation, TranscribedSounds sounds, SpeechModel model) : base(preparation)
    {
        this.sounds = sounds;
        transcripts = [.. sounds.Texts.Select(preparation.Vocabulary!.Encode)];
        for (int index = 0; index < Count; index++)
        {
            int frames = model.FramesOf(Lengths[index]), needed = transcripts[index].Length;
            // the same sign twice needs a blank between
            for (int at = 1; at < transcripts[index].Length; at++)
                if (transcripts[index][at] == transcripts[index][at - 1]) needed++;
            if (frames < Math.Max(1, needed))
                throw new AudioException(Name(index), $"is too short for its text: its {Lengths[index]} samples make {frames} frames, and {needed} are needed");
        }
    }

    public override int Count => sounds.Count;

    public override string Name(int index) => sounds.Name(index);

    public override float[] Samples(int index) => sounds.Samples(index, Preparation.SampleRate);

    public override Variable Loss(SpeechModel model, Pass pass, SpeechBatch batch, int[] chosen) =>
        model.Loss(model.Forward(pass, batch), batch, new SpeechTargets { Transcripts = Array.ConvertAll(chosen, index => transcripts[index]) });

    protected override void AddTarget(DataFingerprint print, int index) => print.Add(transcripts[index].AsSpan());
}

/// <summary>Sounds and the tokens that are to be written of them.</summary>
internal sealed class WrittenExamples : SpeechExamples
{
    private readonly TranscribedSounds sounds;
    private readonly int[][] targets;

    /// <param name="preparation">What is done to sounds.</param>
    /// <param name="sounds">The sounds with their texts.</param>
    /// <param name="model">The model that is to write.</param>
    /// <param name="prompt">What it begins with.</param>
    /// <exception cref="AudioException">A sound is longer than the model hears at a time, or its text longer than it writes.</exception>
    public WrittenExamples(SpeechPreparation preparation, TranscribedSounds sounds, WhisperModel model, int[] prompt) : base(preparation)
    {
        this.sounds = sounds;
        int[] end = model.EndToken is { } token ? [token] : [];
        targets = [.. sounds.Texts.Select(text => (int[])[.. prompt.Skip(1), .. WhisperReader.TokensOf(preparation.Tokeniser!, text), .. end])];
        for (int index = 0; index < Count; index++)
        {
            if (Lengths[index] > preparation.Window!.Value)
                throw new AudioException(Name(index), FormattableString.Invariant($"lasts {(double)Lengths[index] / preparation.SampleRate:0.0} s, and {model.Name} ")
                    + FormattableString.Invariant($"learns from {(double)preparation.Window.Value / preparation.SampleRate:0.0} s at most: cut it, with its text"));
            if (targets[index].Length > model.MaximumTargetLength)
                throw new AudioException(Name(index), $"has a text of {targets[index].Length} tokens, and {model.Name} writes {model.MaximumTargetLength} at most: cut it, with its sound");
        }
    }

    public override int Count => sounds.Count;

    public override string Name(int index) => sounds.Name(index);

    public override float[] Samples(int index) => sounds.Samples(index, Preparation.SampleRate);

    public override Variable Loss(SpeechModel model, Pass pass, SpeechBatch batch, int[] chosen)
    {
        int[] labels = Labels(chosen);
        var given = ((WhisperModel)model).WithLabels(batch, labels);
        return model.Loss(model.Forward(pass, given), given, new SpeechTargets { Labels = labels });
    }

    /// <summary>The tokens of some sounds side by side.</summary>
    public int[] Labels(int[] chosen)
    {
        int length = chosen.Max(index => targets[index].Length);
        var labels = new int[chosen.Length * length];
        Array.Fill(labels, TextTargets.Ignored);
        for (int row = 0; row < chosen.Length; row++) targets[chosen[row]].CopyTo(labels, row * length);
        return labels;
    }

    protected override void AddTarget(DataFingerprint print, int index) => print.Add(targets[index].AsSpan());
}

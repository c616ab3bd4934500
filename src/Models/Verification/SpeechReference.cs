using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>A model of sounds as a reference sees it.</summary>
internal sealed class SpeechReference(SpeechModel model, ReferenceFile file) : ReferenceSubject
{
    private ForwardTrace trace = new();
    private SpeechBatch? batch;
    private TextOutputs? outputs;

    public override Model Model => model;

    public override int Examples => Values.Shape[0];

    private StoredTensor Values => file.Find(ReferenceFile.InputPrefix + "input_values") ?? throw file.Fail("has no 'input.input_values' [sounds, samples]");

    public override void Forward(Pass pass)
    {
        file.RequireInputs(model, "input_values", "attention_mask", "labels");
        var values = Values;
        if (values.Shape.Rank != 2) throw file.Fail($"tensor '{values.Key}' is {values.Shape}, not [sounds, samples]");
        (trace, batch) = (new ForwardTrace(), new SpeechBatch(values.Shape[0], values.Shape[1], values.ToSingleArray(), Lengths(values.Shape[0], values.Shape[1])));
        outputs = model.Forward(pass, batch, trace);
    }

    /// <summary>One of the model's outputs, or <c>hidden_states.2</c>, <c>attentions.0</c>.</summary>
    public override Variable? Output(string name, int rank)
    {
        if (outputs!.Names.Contains(name)) return outputs[name];
        string[] parts = name.Split('.');
        var list = parts[0] switch { "hidden_states" => trace.HiddenStates, "attentions" => trace.Attentions, _ => null };
        return list is not null && parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int at) && at < list.Count ? list[at] : null;
    }

    public override Variable Loss()
    {
        int[] labels = file.Integers("labels") ?? throw new ArgumentException($"{model.Name} learns from labels, and there are none");
        int length = labels.Length / batch!.Sounds;
        return model.Loss(outputs!, batch, model.Head == SpeechHead.Ctc
            // what is below 0 fills shorter rows up
            ? new SpeechTargets { Transcripts = [.. labels.Chunk(length).Select(static row => Array.FindAll(row, static label => label >= 0))] }
            : new SpeechTargets { Labels = labels });
    }

    private int[]? Lengths(int sounds, int length)
    {
        if (file.Integers("attention_mask") is not { } mask) return null;
        if (mask.Length != (long)sounds * length) throw file.Fail($"tensor 'input.attention_mask' has {mask.Length} numbers, not {sounds} x {length}");
        return [.. mask.Chunk(length).Select(static row => row.Sum())];
    }
}

using Graft.Autograd;

namespace Graft.Models;

/// <summary>A text model as a reference sees it.</summary>
internal sealed class TextReference(TextModel model, ReferenceFile file) : ReferenceSubject
{
    private ForwardTrace trace = new();
    private TextOutputs? outputs;

    public override Model Model => model;

    public override int Examples => Ids.Shape[0];

    private StoredTensor Ids => file.Find(ReferenceFile.InputPrefix + "input_ids") ?? throw file.Fail("has no 'input.input_ids'");

    public override void Forward(Pass pass)
    {
        var batch = Batch();
        trace = new ForwardTrace();
        outputs = model.Forward(pass, batch, trace);
    }

    /// <summary>One of the model's outputs, or what the trace has (<see cref="ForwardTrace.Find"/>).</summary>
    public override Variable? Output(string name, int rank)
    {
        return outputs!.Names.Contains(name) ? outputs[name] : trace.Find(name);
    }

    public override Variable Loss()
    {
        var labels = file.Find(ReferenceFile.InputPrefix + "labels");
        bool areValues = labels?.ElementType is ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64;
        return model.Loss(outputs!, new TextTargets
        {
            Labels = areValues ? null : file.Integers("labels"),
            Values = areValues ? labels!.ToSingleArray() : null,
            StartPositions = file.Integers("start_positions"),
            EndPositions = file.Integers("end_positions"),
        });
    }

    private TextBatch Batch()
    {
        file.RequireInputs(
            model, "input_ids", "attention_mask", "token_type_ids", "position_ids", "labels", "start_positions", "end_positions", "decoder_input_ids", "decoder_attention_mask");
        var ids = Ids;
        if (ids.Shape.Rank != 2) throw file.Fail($"tensor 'input.input_ids' is {ids.Shape}, not [sequences, tokens]");
        try
        {
            int sequences = ids.Shape[0];
            int[]? written = file.Integers("decoder_input_ids");
            var batch = new TextBatch(
                sequences, ids.Shape[1], file.Integers("input_ids")!, file.Integers("token_type_ids"), file.Integers("attention_mask"), file.Integers("position_ids"))
            {
                Decoder = written is null ? null : new TextBatch(sequences, written.Length / sequences, written, attentionMask: file.Integers("decoder_attention_mask")),
            };
            return written is null && model is EncoderDecoderModel writes && file.Integers("labels") is { } labels ? writes.WithLabels(batch, labels) : batch;
        }
        catch (ArgumentException exception)
        {
            throw file.Fail($"its inputs are no batch: {exception.Message}", exception);
        }
    }
}

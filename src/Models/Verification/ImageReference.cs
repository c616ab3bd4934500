using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>An image model as a reference sees it.</summary>
internal sealed class ImageReference(ImageModel model, ReferenceFile file) : ReferenceSubject
{
    private Variable? images;
    private Variable? logits;
    private IReadOnlyList<Variable>? maps;

    public override Model Model => model;

    public override int Examples => Pixels.Shape[0];

    private StoredTensor Pixels => file.Find(ReferenceFile.InputPrefix + "pixel_values") ?? file.Find(ReferenceFile.InputPrefix + "pixels")
        ?? throw file.Fail("has no 'input.pixel_values' [N, C, H, W] and no 'input.pixels' [N, H, W, C]");

    public override void Forward(Pass pass)
    {
        file.RequireInputs(model, "pixel_values", "pixels", "labels");
        var pixels = Pixels;
        if (pixels.Shape.Rank != 4) throw file.Fail($"tensor '{pixels.Key}' is {pixels.Shape}, not a batch of pictures");
        images = pass.Constant(pass.Upload<float>(pixels.Shape, pixels.ToSingleArray()));
        // pictures as they are decoded, for a model that prepares them itself
        if (pixels.Key == ReferenceFile.InputPrefix + "pixels") images = images.Permute(0, 3, 1, 2);
        (logits, maps) = (model.Forward(images), null);
    }

    /// <summary><c>logits</c>, <c>features</c>; <c>hidden_states.0</c>, the stem's, and those of the other stages of the trunk, as maps or as tokens;
    /// <c>attentions.0</c> of the stage behind the stem.</summary>
    public override Variable? Output(string name, int rank)
    {
        if (name == "logits") return logits;
        if (name == "features") return model.Features(images!);
        string[] parts = name.Split('.');
        if (parts.Length != 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int at)) return null;
        string[] trunk = [.. model.Stages.SkipLast(1).Select(stage => stage.Name)];
        if (maps is null)
        {
            var named = model.FeatureMaps(images!, trunk);
            maps = [.. trunk.Select(stage => named[stage])];
        }
        return parts[0] switch
        {
            "hidden_states" or "reshaped_hidden_states" when at < maps.Count => As(maps[at], rank),
            "attentions" when at + 1 < maps.Count => model.AttentionOf(at + 1, maps[at]),
            _ => null,
        };
    }

    public override Variable Loss()
    {
        int[] labels = file.Integers("labels") ?? throw new ArgumentException($"{model.Name} learns from class numbers, and there are none");
        int classes = logits!.Shape[1], odd = Array.FindIndex(labels, label => label < 0 || label >= classes);
        return odd < 0 ? logits.CrossEntropy(labels) : throw new ArgumentException($"the label {labels[odd]} is none of the {classes} classes");
    }

    /// <summary>A map [N, C, H, W] as tokens [N, H W, C] where the reference has tokens.</summary>
    private static Variable As(Variable map, int rank) => map.Shape.Rank == 4 && rank == 3
        ? map.Permute(0, 2, 3, 1).Reshape([map.Shape[0], map.Shape[2] * map.Shape[3], map.Shape[1]]) : map;
}

using Graft.Tensors;

namespace Graft.Models;

/// <summary>Which weights of a checkpoint a model loads, and what it tolerates.</summary>
/// <remarks>
/// Left alone, the weights are found by their names: if every tensor of the model is there under one common prefix (an entry of the
/// file's dictionary such as <c>state_dict</c>, what <c>DataParallel</c> and <c>torch.compile</c> put before names, the attribute that
/// a larger model keeps this one under), that is taken and everything beside it passed over. Where several sets fit, the first rule
/// that leaves one of them decides: those with the head before those without it; the same tensors twice are one; names without any prefix;
/// averaged weights (an entry or prefix with a word such as <c>ema</c>, <c>swa</c>, <c>average</c> or <c>momentum</c>) come last; then
/// <c>state_dict</c>, <c>model_state_dict</c>, <c>model</c>, and of a student and its <c>teacher</c> the teacher. If none decides, the load
/// is refused and names them all. Nothing is ever put together from two sets.
/// </remarks>
public sealed record LoadOptions
{
    /// <summary>The entry to take, by its path in the file: <c>state_dict_ema</c>, <c>ckpt.model</c>; null to find it.</summary>
    public string? Entry { get; init; }

    /// <summary>The prefix of the model's names within the entry: <c>backbone.</c>, or nothing at all; null to find it. A final dot may be
    /// left out.</summary>
    public string? Prefix { get; init; }

    /// <summary>Whether a head that is missing or of another size is left at its initial values and reported, to be trained.</summary>
    public bool ReplaceHead { get; init; }

    /// <summary>Whether a file without any head is taken: the head is then left as it is and reported, to be trained. A head of another
    /// size stays an error.</summary>
    public bool AllowMissingHead { get; init; }

    /// <summary>Whether positions of a grid of another size are interpolated to the model's (torchvision's <c>interpolate_embeddings</c>, Hugging
    /// Face's <c>interpolate_pos_encoding</c>), for pictures of another size than the weights were trained on; an error otherwise.</summary>
    public bool InterpolatePositions { get; init; }

    /// <summary>In which numbers weights are kept once they are loaded (Hugging Face's <c>dtype</c>): anything but single precision is for inference alone
    /// (<see cref="Model.ConvertWeights"/>).</summary>
    public WeightPrecision Precision { get; init; }

    /// <summary>Whether weights are taken that are not finite, and variances below 0; the report still names them.</summary>
    public bool AllowNonFinite { get; init; }
}

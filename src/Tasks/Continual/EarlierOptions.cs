namespace Graft.Tasks;

/// <summary>What a fine-tuning does so that the model does not forget the pictures that it learnt earlier. Nothing unless those are named.</summary>
public sealed record EarlierOptions
{
    internal const int UsualExamples = 200;

    /// <summary>Pictures of what was learnt earlier, of the same classes: a folder with a sub-folder a class, or a NumPy archive.</summary>
    public string? Data { get; init; }

    /// <summary>The same as pictures, which no recipe names; it counts before the path.</summary>
    public LabelledImages? Pictures { get; init; }

    /// <summary>How strongly each weight is held where it is, times how much the earlier pictures depend on it (<see cref="Graft.Transfer.ElasticWeights"/>; lambda of Kirkpatrick
    /// et al. 2017); null for not at all.</summary>
    public double? ElasticWeights { get; init; }

    /// <summary>By how many of the earlier pictures that is measured; null for 200.</summary>
    public int? ElasticExamples { get; init; }

    /// <summary>How many earlier pictures of each class are learnt again beside the new ones (replay; Robins 1995): each step has as many of them, with a loss of the same weight; null for
    /// none.</summary>
    public int? Replay { get; init; }

    internal bool IsAsked => Data is not null || Pictures is not null;

    internal void Validate()
    {
        if (!IsAsked && (ElasticWeights is not null || Replay is not null || ElasticExamples is not null))
            throw new ArgumentException("elastic weights and replay are by pictures that were learnt earlier: give those, or leave them out");
        if (IsAsked && ElasticWeights is null && Replay is null)
            throw new ArgumentException("nothing is said of what to do with the earlier pictures: give a strength of elastic weights, or how many pictures of each class are learnt again");
        if (ElasticExamples is not null && ElasticWeights is null)
            throw new ArgumentException("by how many pictures elastic weights are measured goes with their strength: give it, or leave this out");
    }
}

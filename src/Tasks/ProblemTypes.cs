namespace Graft.Tasks;

/// <summary>Hugging Face's words for what the outputs of a head mean (<c>problem_type</c>).</summary>
internal static class ProblemTypes
{
    public const string SingleLabel = ModelConfig.SingleLabel, MultiLabel = "multi_label_classification", Regression = "regression";
}

namespace Graft.Models;

/// <summary>One row of <see cref="ModelRegistry"/>: how an architecture is made, and what is known of its published weights.</summary>
/// <param name="Pretrained">What is known of the weights; for an architecture without any, how its pictures are to be prepared.</param>
/// <param name="Create">Makes the model of a name with that many classes, with initial values from a seed.</param>
public sealed record ModelRegistration(PretrainedInfo Pretrained, Func<string, int, ulong, ImageModel> Create)
{
    /// <summary>Whether the model itself normalises anew what was normalised by ImageNet's mean and deviation (<see cref="InceptionParts.Transform"/>).</summary>
    internal bool TransformsInput { get; init; }

    /// <summary>A row for weights that were trained on ImageNet's 1000 classes.</summary>
    /// <param name="parameters">The published number of parameters.</param>
    /// <param name="create">Makes the model of a name with that many classes, with initial values from a seed.</param>
    /// <param name="preprocessing">What the default weights need; null for <see cref="ImagePreprocessing.ImageNet"/>.</param>
    internal static ModelRegistration ImageNet(
        long parameters, Func<string, int, ulong, ImageModel> create, ImagePreprocessing? preprocessing = null) =>
        new(new PretrainedInfo(preprocessing ?? ImagePreprocessing.ImageNet, ImageNetClasses.Names.Count, ImageNetClasses.Names) { Parameters = parameters }, create);
}

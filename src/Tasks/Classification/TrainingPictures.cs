namespace Graft.Tasks;

/// <summary>The pictures of a fine-tuning: those that are learnt from and those that are evaluated on.</summary>
internal static class TrainingPictures
{
    /// <summary>Lists them; no picture is opened.</summary>
    /// <param name="path">A folder with a sub-folder a class, or an archive.</param>
    /// <param name="options">What is held out, or where else the pictures to evaluate on are.</param>
    /// <param name="split">The part of an archive; null for the one to train on.</param>
    /// <param name="classNames">An archive's classes; null where they are not known.</param>
    /// <exception cref="ImageException">A folder or an archive cannot be used.</exception>
    public static (LabelledImages Training, LabelledImages? Validation) Open(
        string path, ImageFineTuneOptions options, string? split = null, IReadOnlyList<string>? classNames = null)
    {
        var pictures = LabelledData.Open(path, DataUse.Training, split, classNames);
        if (options.Validation is { } other)
        {
            var validation = LabelledData.Open(other, DataUse.Validation, classNames: LabelledData.IsArchive(other) ? classNames : null);
            return (pictures, ClassNumbers.Match(validation, pictures.ClassNames, out _));
        }
        if (options.HeldOut == 0) return (pictures, null);
        return pictures.Split(options.HeldOut, options.Recipe.Seed);
    }
}

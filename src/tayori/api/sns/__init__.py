"""Operations of SNS, the part that users of SES need."""
